"""Blobs are what was stored, or an error that says so."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from lambent.model.errors import ServiceFailure
from lambent.state.blobs import BlobDamaged, BlobMissing, Blobs


@pytest.fixture
def blobs(tmp_path: Path) -> Blobs:
    blobs = Blobs(tmp_path / "blobs")
    blobs.prepare()
    return blobs


def test_a_blob_is_named_by_its_content_and_read_back(blobs: Blobs) -> None:
    name = blobs.put(b"content")
    assert name == hashlib.sha256(b"content").hexdigest()
    assert blobs.read(name) == b"content"
    with blobs.open(name) as file:
        assert file.read(3) == b"con"
    assert blobs.names() == {name}


def test_an_unknown_blob_is_missing(blobs: Blobs) -> None:
    with pytest.raises(BlobMissing, match="00"):
        blobs.read("00" * 32)


def test_a_damaged_blob_is_found_out_and_mended_by_storing_it_again(
    blobs: Blobs, tmp_path: Path
) -> None:
    name = blobs.put(b"content")
    (tmp_path / "blobs" / name).write_bytes(b"c0ntent")
    with pytest.raises(BlobDamaged):
        blobs.open(name)
    assert blobs.put(b"content") == name
    assert blobs.read(name) == b"content"


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
        blobs = Blobs(small)
        with pytest.raises(ServiceFailure, match="no room left on the disk"):
            blobs.put(b"x" * 100_000)
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)
