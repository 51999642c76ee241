"""Packages are stored once, unpacked whole or not at all, and collected when nobody needs them."""

import asyncio
import hashlib
import io
import os
import stat
import subprocess
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from lambent.catalog.code_store import CodeStore, LayerWithExtension, StoredPackage
from lambent.catalog.opt_tree import opt_tree_name
from lambent.catalog.package import BadPackage, EmptyPackage, Package, ZipTooLarge
from lambent.catalog.unpacking import remove, unpack
from lambent.model.function import LayerReference
from lambent.model.limits import MAX_ZIP_BYTES
from lambent.state.blobs import BlobDamaged, BlobMissing, Blobs
from lambent.state.room import NoRoom
from lambent.state.sealed import Seal
from tests.catalog.test_package import NASTY, nasty_zip
from tests.catalog.zips import DIRECTORY, FILE, LINK, entry, python_zip, tree_of, zipped


def store_in(directory: Path) -> CodeStore:
    return CodeStore(
        blobs=Blobs(directory / "blobs", seal=Seal(key=bytes(32))), trees=directory / "trees"
    )


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[CodeStore]:
    async with store_in(tmp_path) as store:
        yield store


@pytest.fixture
def tight_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


async def test_a_package_is_named_by_the_sha256_of_its_zip(store: CodeStore) -> None:
    content = python_zip()
    added = await store.add(content)
    assert added.sha256 == hashlib.sha256(content).hexdigest()
    assert (added.size, added.warnings) == (len(content), [])
    assert (await store.unpack(added.sha256) / "app.py").read_text().startswith("def handler")


async def test_a_file_may_be_larger_than_a_request_and_is_read_piece_by_piece(
    store: CodeStore, tmp_path: Path
) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("app.py", "def handler(event, context): return event")
        archive.writestr("model.bin", b"\1" * MAX_ZIP_BYTES)
    whole = content.getvalue()
    with pytest.raises(ZipTooLarge):
        await store.add(whole)
    assert (await store.check_file(content)).size == len(whole)
    assert list((tmp_path / "blobs").iterdir()) == []
    added = await store.add_file(content)
    assert added == await store.check_file(content)
    assert (added.sha256, added.size) == (hashlib.sha256(whole).hexdigest(), len(whole))
    tree = await store.unpack(added.sha256)
    assert (tree / "model.bin").stat().st_size == MAX_ZIP_BYTES
    assert list((tmp_path / "trees").iterdir()) == [tree]


async def test_a_file_that_is_no_package_is_not_stored(store: CodeStore, tmp_path: Path) -> None:
    with pytest.raises(BadPackage):
        await store.add_file(io.BytesIO(b"junk"))
    assert list((tmp_path / "blobs").iterdir()) == []


@pytest.mark.usefixtures("tight_umask")
async def test_a_tree_has_the_zips_modes_whatever_the_umask(store: CodeStore) -> None:
    added = await store.add(
        zipped(
            (entry("bin/run", FILE | 0o755), "#!"),
            (entry("secret", FILE | 0o600), "s"),
            (entry("locked/", DIRECTORY | 0o555), ""),
            (entry("locked/in", FILE | 0o444), "i"),
            (entry("dos.txt"), "d"),
            (entry("link", LINK | 0o777), "bin/run"),
        )
    )
    tree = await store.unpack(added.sha256)
    modes = {
        str(p.relative_to(tree)): stat.S_IMODE(p.lstat().st_mode)
        for p in (tree, *tree.rglob("*"))
        if not p.is_symlink()
    }
    assert modes == {
        ".": 0o755,
        "bin": 0o755,
        "bin/run": 0o755,
        "secret": 0o600,
        "locked": 0o555,
        "locked/in": 0o444,
        "dos.txt": 0o644,
    }
    assert (tree / "link").readlink() == Path("bin/run")


async def test_a_file_the_function_cannot_read_is_warned_about(store: CodeStore) -> None:
    added = await store.add(zipped((entry("app.py", FILE | 0o600), "x")))
    assert "app.py has mode 0600" in added.warnings[0]


async def test_what_is_refused_is_not_stored(store: CodeStore, tmp_path: Path) -> None:
    with pytest.raises(BadPackage):
        await store.add(zipped(("../out", "x")))
    assert list((tmp_path / "blobs").iterdir()) == []


async def test_checking_stores_nothing(store: CodeStore, tmp_path: Path) -> None:
    assert (await store.check(python_zip())).size == len(python_zip())
    assert list((tmp_path / "blobs").iterdir()) == []


async def test_a_package_is_checked_against_its_name_before_it_is_unpacked(
    store: CodeStore, tmp_path: Path
) -> None:
    added = await store.add(python_zip())
    (tmp_path / "blobs" / added.sha256).write_bytes(python_zip("evil = True"))
    with pytest.raises(BlobDamaged):
        await store.unpack(added.sha256)
    with pytest.raises(BlobMissing):
        await store.unpack("00" * 32)
    assert list((tmp_path / "trees").iterdir()) == []


async def test_unpacking_at_the_same_time_gives_one_tree(store: CodeStore, tmp_path: Path) -> None:
    added = await store.add(python_zip())
    async with asyncio.TaskGroup() as group:
        trees = [group.create_task(store.unpack(added.sha256)) for _ in range(6)]
    assert {t.result() for t in trees} == {tmp_path / "trees" / added.sha256}
    assert [t.name for t in (tmp_path / "trees").iterdir()] == [added.sha256]


async def test_what_was_left_half_unpacked_is_swept_at_start(tmp_path: Path) -> None:
    half = tmp_path / "trees" / ".new-half"
    (half / "closed").mkdir(parents=True)
    (half / "closed" / "file").write_text("x")
    (half / "closed").chmod(0)
    async with store_in(tmp_path):
        assert list((tmp_path / "trees").iterdir()) == []


async def test_only_what_is_in_use_is_kept(store: CodeStore, tmp_path: Path) -> None:
    kept, dropped = await store.add(python_zip()), await store.add(python_zip("other = 1"))
    for one in (kept, dropped):
        await store.unpack(one.sha256)
    await store.collect(frozenset({kept.sha256}))
    assert [f.name for f in (tmp_path / "blobs").iterdir()] == [kept.sha256]
    assert [f.name for f in (tmp_path / "trees").iterdir()] == [kept.sha256]


def layer(content: StoredPackage, name: str = "l") -> LayerReference:
    return LayerReference(
        arn=f"arn:aws:lambda:us-east-1:123456789012:layer:{name}:1",
        package_sha256=content.sha256,
        code_size=content.size,
        unzipped_bytes=content.unzipped_bytes,
    )


@pytest.mark.usefixtures("tight_umask")
async def test_layers_are_merged_once_in_their_order(store: CodeStore, tmp_path: Path) -> None:
    first = layer(await store.add(zipped(("python/a.py", "1"), ("bin/x", "x"))))
    second = layer(await store.add(zipped(("python/a.py", "2"))))
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(store.merge([first, second])) for _ in range(4)]
    (tree,) = {task.result() for task in tasks}
    assert tree_of(tree) == {"bin/x": "x", "python/a.py": "2"}
    assert stat.S_IMODE(tree.stat().st_mode) == stat.S_IMODE((tree / "bin").stat().st_mode) == 0o755
    assert [p.name for p in (tmp_path / "trees").iterdir()] == [opt_tree_name([first, second])]
    assert tree_of(await store.merge([second, first]))["python/a.py"] == "1"


async def test_merged_layers_are_kept_while_they_are_in_use(
    store: CodeStore, tmp_path: Path
) -> None:
    layers = [layer(await store.add(python_zip()))]
    tree = await store.merge(layers)
    await store.collect(frozenset({layers[0].package_sha256, opt_tree_name(layers)}))
    assert await store.merge(layers) == tree
    await store.collect(frozenset({layers[0].package_sha256}))
    assert list((tmp_path / "trees").iterdir()) == []
    assert await store.merge(layers) == tree


async def test_a_layer_with_an_extension_is_refused_by_its_name(
    store: CodeStore, tmp_path: Path
) -> None:
    agent = layer(await store.add(zipped(("extensions/agent", "#!"))), "agent")
    with pytest.raises(LayerWithExtension) as refused:
        await store.merge([layer(await store.add(python_zip())), agent])
    assert refused.value.message == (
        "The layer arn:aws:lambda:us-east-1:123456789012:layer:agent:1 holds the extension /opt/extensions/agent, "
        "and lambent does not start extensions yet: remove the layer from the function, or publish it without the extension."
    )
    assert list((tmp_path / "trees").iterdir()) == []


async def test_a_lost_layer_leaves_no_half_tree(store: CodeStore, tmp_path: Path) -> None:
    first, lost = layer(await store.add(python_zip())), layer(await store.add(zipped(("b", "b"))))
    (tmp_path / "blobs" / lost.package_sha256).unlink()
    with pytest.raises(BlobMissing):
        await store.merge([first, lost])
    assert list((tmp_path / "trees").iterdir()) == []


async def test_the_unpacked_size_of_a_stored_package_is_known(store: CodeStore) -> None:
    added = await store.add(zipped(("a", "12345"), ("b", "678")))
    assert await store.unzipped_bytes(added.sha256) == added.unzipped_bytes == 8
    with pytest.raises(BlobMissing):
        await store.unzipped_bytes("0" * 64)


@pytest.mark.root
async def test_a_full_disk_leaves_no_half_tree(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "lambent-test", str(small)], check=True
    )
    try:
        async with store_in(small) as store:
            added = await store.add(zipped(("large", b"\0" * 4_000_000)))
            with pytest.raises(NoRoom):
                await store.unpack(added.sha256)
            assert list((small / "trees").iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


@settings(deadline=None)  # a loaded machine is not a wrong answer
@given(NASTY)
def test_nothing_is_ever_written_outside_the_tree(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[str, int | None, bytes]]
) -> None:
    around = tmp_path_factory.mktemp("around")
    into = around / "deep" / "into"
    into.mkdir(parents=True)
    try:
        package = Package(nasty_zip(entries))
        unpack(package, into)
    except (BadPackage, EmptyPackage):
        package = None
    assert [p for p in around.rglob("*") if into not in p.parents] == [into.parent, into]
    if package is not None:
        assert {str(p.relative_to(into)) for p in into.rglob("*")} == {
            e.path for e in package.entries
        }
        for path in into.rglob("*"):
            if path.is_symlink() and path.exists():
                assert path.resolve().is_relative_to(into.resolve())
    remove(into)
    assert list((around / "deep").iterdir()) == []


async def test_a_package_is_read_back_piece_by_piece_as_it_was_uploaded(store: CodeStore) -> None:
    content = python_zip()
    package = await store.open((await store.add(content)).sha256)
    assert package is not None
    assert package.size == len(content)
    read = b""
    while piece := await package.read(100):
        assert len(piece) <= 100
        read += piece
    package.close()
    assert read == content
    assert await store.open("0" * 64) is None
