"""The file system that unpacked code lies on: an image in the data directory, encrypted by the kernel, seen by the daemon alone.

It is mounted in the supervisor's own mount namespace, which the other programs are born into: it goes when the last of them and
of their sandboxes has, whatever ends them. What is on it can be made anew from the packages, so it has no journal: after a
power cut, or with another key, it is made empty.
"""

import errno
import fcntl
import logging
import os
import select
import stat
import struct
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

from lambent.daemon.failure import StartFailure
from lambent.sandbox.spawner import fscrypt, kernel, own_mounts
from lambent.sandbox.spawner.janitor import empty
from lambent.sandbox.spawner.loops import BLOCK, Loops
from lambent.sandbox.spawner.storage import FormatFailure, mkfs

_log = logging.getLogger(__name__)

_LARGEST_BYTES: Final = 1 << 40
_FOLDER: Final = "trees"
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_IMAGE: Final = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPTIONS: Final = (
    *("-q", "-F", "-b", str(BLOCK), "-I", "256", "-i", "8192", "-m", "0", "-L", "lambent-trees"),
    *("-O", "encrypt,^has_journal,^resize_inode"),
    *("-E", "lazy_itable_init=1,nodiscard,packed_meta_blocks=1,root_owner=0:0"),
)
# What is removed is given back to the disk below; nothing need reach it in any order, since nothing is kept after a power cut.
_SWITCHES: Final = ("discard", "noinit_itable", "nobarrier")
_STATE_AT: Final = 1024 + 56
_STATE: Final = struct.Struct("<HH")
_CLEAN: Final = (0xEF53, 1)
"""Magic number and state of an ext4 that was unmounted and has met no error."""
_CANNOT_ENCRYPT: Final = frozenset({errno.EOPNOTSUPP, errno.ENOTTY})
_ATTEMPTS, _PAUSE_SECONDS = 500, 0.01


class _Unfit(Exception):
    """What is in an image can't be used."""


def mount_trees(image: Path, at: Path, *, key: bytes) -> bool:
    """Leave the host's mounts and mount the file `image` at the directory `at`, for this process and its children.

    Whose `at` is may write there. Returns whether it is encrypted, with `key` (64 bytes): not every kernel can. Blocks, at most
    some seconds. Raises StartFailure.
    """
    try:
        owner = at.stat()
        file = _own_file(image)
        try:
            _lock(file)
            own_mounts.leave_the_hosts(at)
            _remove_older(at)
            whole, encrypted = _opened_or_new(file, key, size=_size_for(image))
        finally:
            os.close(file)
        _show(whole, at)
        os.chown(at, owner.st_uid, owner.st_gid)
    except (OSError, FormatFailure, _Unfit) as error:
        raise StartFailure(f"Cannot keep unpacked code in {image}: {error}.") from error
    return encrypted


def unmount_trees(image: Path, at: Path) -> None:
    """Undo `mount_trees`, once no other process has it: its device is free when this returns. Raises OSError, StartFailure."""
    kernel.unmount(str(at))
    file = os.open(image, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _lock(file)
    except _Unfit as error:
        raise StartFailure(f"Cannot let go of {image}: {error}.") from error
    finally:
        os.close(file)


def _own_file(image: Path) -> int:
    """The image, a plain file of this user's that has no other name, or a new one in the place of anything else.

    Danger: another user may write to its directory. What it put there, or led to, would be formatted or mounted by root.
    """
    with suppress(FileNotFoundError):
        found = image.lstat()
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_uid != os.geteuid():
            _log.warning("%s is not lambent's and is made anew", image)
            image.unlink()
    file = os.open(image, _IMAGE, 0o600)
    opened = os.fstat(file)
    if not stat.S_ISREG(opened.st_mode) or opened.st_nlink > 1 or opened.st_uid != os.geteuid():
        os.close(file)
        raise _Unfit("it was exchanged")
    return file


def _lock(file: int) -> None:
    """Have the image alone. A loop device that has it attached, for sandboxes that have not gone yet, holds this lock too."""
    for _ in range(_ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            select.select([], [], [], _PAUSE_SECONDS)
        else:
            return
    raise _Unfit("it is in use")


def _remove_older(at: Path) -> None:
    """Remove what a version without encryption unpacked here: it would lie hidden."""
    directory = os.open(at, _DIRECTORY)
    try:
        empty(directory)
    finally:
        os.close(directory)


def _size_for(image: Path) -> int:
    status = os.statvfs(image.parent)
    return min(status.f_blocks * status.f_frsize, _LARGEST_BYTES) // BLOCK * BLOCK


def _opened_or_new(file: int, key: bytes, *, size: int) -> tuple[int, bool]:
    if os.fstat(file).st_size:
        try:
            return _opened(file, key)
        except (OSError, _Unfit) as error:
            _log.warning("packages will be unpacked anew: the image of unpacked code %s", error)
    _format(file, size)
    return _opened(file, key)


def _opened(file: int, key: bytes) -> tuple[int, bool]:
    """The root of the image's file system, mounted but attached nowhere, and whether its folder is encrypted."""
    if _STATE.unpack(os.pread(file, _STATE.size, _STATE_AT)) != _CLEAN:
        raise _Unfit("was not unmounted")
    loops = Loops()
    try:
        device, path = loops.attach(file)
    finally:
        loops.close()
    try:
        whole = kernel.mount_detached(
            "ext4",
            options=(("source", path),),
            switches=_SWITCHES,
            attributes=kernel.NO_SETUID | kernel.NO_DEVICES,
        )
    finally:
        os.close(device)
    try:
        return whole, _prepare_folder(whole, key)
    except BaseException:
        os.close(whole)
        raise


def _prepare_folder(whole: int, key: bytes) -> bool:
    """Make the folder, or see that it is encrypted with `key` already. The root of a file system can't be encrypted."""
    root = os.open(".", _DIRECTORY, dir_fd=whole)
    try:
        is_new = _make_folder(root)
        identifier = _add_key(root, key)
        folder = os.open(_FOLDER, _DIRECTORY, dir_fd=root)
    finally:
        os.close(root)
    try:
        if is_new and identifier is not None:
            fscrypt.set_policy(folder, identifier)
        elif _policy(folder) != identifier:
            raise _Unfit("is encrypted with another key")
    finally:
        os.close(folder)
    return identifier is not None


def _make_folder(root: int) -> bool:
    try:
        os.mkdir(_FOLDER, 0o700, dir_fd=root)
    except FileExistsError:
        return False
    return True


def _add_key(root: int, key: bytes) -> bytes | None:
    try:
        return fscrypt.add_key(root, key)
    except OSError as error:
        if error.errno in _CANNOT_ENCRYPT:
            return None
        raise


def _policy(folder: int) -> bytes | None:
    try:
        return fscrypt.policy_of(folder)
    except OSError as error:
        if error.errno == errno.ENODATA or error.errno in _CANNOT_ENCRYPT:
            return None
        raise


def _format(file: int, size: int) -> None:
    os.ftruncate(file, 0)
    os.ftruncate(file, size)
    ran = subprocess.run(
        [mkfs(), *_OPTIONS, f"/proc/self/fd/{file}"],
        pass_fds=(file,),
        env={},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    if ran.returncode != 0:
        said = ran.stderr.decode(errors="replace").strip().splitlines()
        raise FormatFailure(f"mkfs.ext4 failed{f': {said[-1]}' if said else ''}")


def _show(whole: int, at: Path) -> None:
    """Mount the folder alone: before Linux 6.15 only of something that is attached a part can be cloned."""
    try:
        kernel.move_mount(whole, str(at))
    finally:
        os.close(whole)
    folder = kernel.open_tree(f"{at}/{_FOLDER}")
    try:
        kernel.unmount(str(at))
        kernel.move_mount(folder, str(at))
    finally:
        os.close(folder)
