"""Blobs are what was stored, or an error that says so."""

import hashlib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from lambent.model.errors import ServiceFailure
from lambent.state.blobs import BlobDamaged, BlobMissing, Blobs
from lambent.state.sealed import MARK, Seal


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    blobs = Blobs(tmp_path / "blobs", seal=Seal(key=bytes(32)))
    blobs.prepare()
    return blobs


def test_a_blob_is_named_by_its_content_and_read_back(blobs: Blobs) -> None:
    name = blobs.put(b"content")
    assert name == hashlib.sha256(b"content").hexdigest()
    assert blobs.read(name) == b"content"
    blob = blobs.open(name)
    assert (blob.size, blob.read(3), blob.read(9), blob.read(1)) == (7, b"con", b"tent", b"")
    blob.close()
    assert blobs.names() == {name}


def test_an_unknown_blob_is_missing(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing, match="00"):
        blobs.read("00" * 32)


@pytest.mark.parametrize("spoil", [lambda b: b"c0ntent", lambda b: b[:-1], lambda b: b[:10]])
def test_a_damaged_blob_is_found_out_and_mended_by_storing_it_again(
    blobs: Blobs, tmp_path: Path, spoil: Callable[[bytes], bytes]
) -> None:
    name = blobs.put(b"content")
    file = tmp_path / "blobs" / name
    file.write_bytes(spoil(file.read_bytes()))
    with pytest.raises(BlobDamaged, match=name):
        blobs.open(name)
    assert blobs.put(b"content") == name
    assert blobs.read(name) == b"content"


def test_a_blob_in_another_s_place_is_found_out(blobs: Blobs, tmp_path: Path) -> None:
    first, second = blobs.put(b"first"), blobs.put(b"second")
    (tmp_path / "blobs" / first).write_bytes((tmp_path / "blobs" / second).read_bytes())
    with pytest.raises(BlobDamaged, match="is not what was stored"):
        blobs.read(first)


def test_with_another_key_nothing_is_read(blobs: Blobs, tmp_path: Path) -> None:
    name = blobs.put(b"content")
    with pytest.raises(BlobDamaged, match="sealed with another key"):
        Blobs(tmp_path / "blobs", seal=Seal(key=b"k" * 32)).read(name)


def test_the_content_is_not_on_the_disk(blobs: Blobs, tmp_path: Path) -> None:
    name = blobs.put(b"content" * 100)
    assert b"content" not in (tmp_path / "blobs" / name).read_bytes()


def test_a_blob_from_before_encryption_is_read_and_sealed(blobs: Blobs, tmp_path: Path) -> None:
    names = {hashlib.sha256(content).hexdigest(): content for content in (b"old", b"older")}
    for name, content in names.items():
        (tmp_path / "blobs" / name).write_bytes(content)
    damaged = tmp_path / "blobs" / ("00" * 32)
    damaged.write_bytes(b"nobody's")
    assert {name: blobs.read(name) for name in names} == names
    blobs.seal_plain()
    assert all((tmp_path / "blobs" / name).read_bytes().startswith(MARK) for name in names)
    assert {name: blobs.read(name) for name in names} == names
    assert damaged.read_bytes() == b"nobody's"


def test_deleting_twice_is_fine(blobs: Blobs) -> None:
    name = blobs.put(b"content")
    blobs.delete(name)
    blobs.delete(name)
    assert blobs.names() == frozenset()


def test_what_an_interrupted_write_left_is_swept(blobs: Blobs, tmp_path: Path) -> None:
    name = blobs.put(b"content")
    (tmp_path / "blobs" / ".new-half").write_bytes(b"con")
    assert blobs.names() == {name}
    blobs.prepare()
    assert [f.name for f in (tmp_path / "blobs").iterdir()] == [name]


@pytest.mark.root
def test_a_full_disk_is_a_service_failure_and_leaves_nothing(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "lambent-test", str(small)], check=True
    )
    try:
        blobs = Blobs(small, seal=Seal(key=bytes(32)))
        with pytest.raises(ServiceFailure, match="no room left on the disk"):
            blobs.put(b"x" * 100_000)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
