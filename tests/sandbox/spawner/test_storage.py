"""What is behind /tmp: encrypted on the disk, its key gone with it, nothing left of it."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from lambent.sandbox.spawner import fscrypt, kernel
from lambent.sandbox.spawner.namespaces import lies_on_image, open_storage
from lambent.sandbox.spawner.storage import Template, Templates, Volume, Volumes
from tests.acceptance.waiting import eventually
from tests.sandbox.spawned import NEEDS_ROOT

pytestmark = [
    *NEEDS_ROOT,
    pytest.mark.skipif(not fscrypt.available(), reason="this kernel has no fscrypt"),
]
SECRET: Final = b"a marker that nobody else writes " * 200
NAME: Final = "a-name-that-nobody-else-gives"
_PIECE: Final = 4 << 20
_READ: Final = os.O_RDONLY | os.O_CLOEXEC


@pytest.fixture
def template(tmp_path: Path) -> Template:
    templates = Templates(spool=tmp_path)
    formatting = templates.begin(16)
    while (made := formatting.advance()) is None:
        pass
    return made


@contextmanager
def volumes(tmp_path: Path, *, encrypted: bool) -> Iterator[Volumes]:
    made = Volumes(spool=tmp_path, desk=str(tmp_path / "desk"), encrypted=encrypted)
    yield made
    made._loops.close()


def let_go(volume: Volume) -> None:
    os.close(volume.tree)
    os.close(volume.directory)


def names(directory: int) -> list[str]:
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries]


def used_and_ended(tmp_path: Path, template: Template, *, encrypted: bool) -> int:
    """Write the secret into a volume and end it; returns its device, which is held so that what is left can be read."""
    with volumes(tmp_path, encrypted=encrypted) as made:
        volume = made.make(template, owner=4321)
        device = os.open(f"/dev/loop{os.minor(os.fstat(volume.directory).st_dev)}", _READ)
        file = os.open(NAME, os.O_WRONLY | os.O_CREAT, dir_fd=volume.directory)
        os.write(file, SECRET)
        os.fsync(file)
        os.close(file)
        os.fsync(volume.directory)
        let_go(volume)
        return device


def holds(device: int, marker: bytes) -> bool:
    tail, at = b"", 0
    while piece := os.pread(device, _PIECE, at):
        if marker in tail + piece:
            return True
        tail, at = piece[-len(marker) :], at + len(piece)
    return False


@pytest.mark.parametrize("encrypted", [True, False])
def test_what_was_written_can_be_read_on_the_disk_only_if_it_is_not_encrypted(
    tmp_path: Path, template: Template, encrypted: bool
) -> None:
    device = used_and_ended(tmp_path, template, encrypted=encrypted)
    found = {holds(device, SECRET[:64]), holds(device, NAME.encode())}
    os.close(device)
    assert found == {not encrypted}


def test_the_file_system_mounted_again_gives_neither_names_nor_contents(
    tmp_path: Path, template: Template
) -> None:
    device = used_and_ended(tmp_path, template, encrypted=True)
    with ExitStack() as held:
        held.callback(os.close, device)
        path = f"/dev/loop{os.minor(os.fstat(device).st_rdev)}"
        whole = kernel.mount_detached(
            "ext4", options=(("source", path),), attributes=kernel.READ_ONLY
        )
        held.callback(os.close, whole)
        shown = os.open("tmp", _READ, dir_fd=whole)
        held.callback(os.close, shown)
        (name,) = names(shown)
        assert name != NAME
        with pytest.raises(OSError, match="Required key not available"):
            os.open(name, _READ, dir_fd=shown)


def test_every_volume_has_its_own_key_and_takes_it_along(
    tmp_path: Path, template: Template
) -> None:
    with volumes(tmp_path, encrypted=True) as made:
        pair = [made.make(template, owner=4321) for _ in range(2)]
        keys = {fscrypt.policy_of(volume.directory).hex() for volume in pair}
        assert len(keys) == 2
        assert all(key in _kernel_keys() for key in keys)
        for volume in pair:
            let_go(volume)
    # A key that nothing refers to any more is taken away by the kernel's collector, a moment later.
    eventually(lambda: not any(key in _kernel_keys() for key in keys))
    backing = Path("/sys/block").glob("loop*/loop/backing_file")
    assert not [file for file in backing if str(tmp_path) in _text(file)]


def test_a_volume_that_cannot_be_encrypted_is_not_made_in_plain(
    tmp_path: Path, template: Template
) -> None:
    # Features of the superblock (s_feature_incompat, at 96) without the one for encryption, as an old mkfs would make it.
    (at, head), *rest = template.extents
    without = bytearray(head)
    without[1024 + 96 + 2] &= ~0x01
    plain = Template(size_bytes=template.size_bytes, extents=((at, bytes(without)), *rest))
    with volumes(tmp_path, encrypted=True) as made, pytest.raises(OSError):  # noqa: PT011 - as the kernel says it
        let_go(made.make(plain, owner=4321))


def test_a_volume_is_its_owner_s_and_empty(tmp_path: Path, template: Template) -> None:
    with volumes(tmp_path, encrypted=True) as made:
        volume = made.make(template, owner=4321)
        status = os.fstat(volume.directory)
        assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (4321, 4321, 0o1777)
        assert names(volume.directory) == []
        let_go(volume)


def _kernel_keys() -> str:
    return Path("/proc/keys").read_text()


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def test_a_process_in_the_host_s_root_has_no_storage_that_could_be_wiped(tmp_path: Path) -> None:
    """A spawner that is killed early leaves a first process that still sees the host's own /tmp."""
    assert open_storage(os.getpid(), spool=tmp_path) is None


def test_a_volume_is_known_by_where_its_image_was_made(tmp_path: Path, template: Template) -> None:
    with volumes(tmp_path, encrypted=True) as made:
        volume = made.make(template, owner=4321)
        assert lies_on_image(volume.directory, tmp_path)
        assert not lies_on_image(volume.directory, tmp_path / "another")
        let_go(volume)
    directory = os.open(tmp_path, _READ)
    assert not lies_on_image(directory, tmp_path)
    os.close(directory)
