"""What is behind a sandbox's /tmp: an ext4 image of exactly its size on a loop device, not charged to its memory.

An image has no name from its first byte on, and its loop device clears itself: a crash at any point leaves nothing. What is
written to it is encrypted with a key that only the kernel has, and only as long as the file system is mounted.
"""

import errno
import fcntl
import os
import shutil
import stat
import struct
import subprocess
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import fscrypt, kernel
from lambent.sandbox.spawner.loops import BLOCK, Loops

_BLOCKS_PER_MB: Final = (1 << 20) // BLOCK
_INODES_PER_MB: Final = 64
_KEPT_TEMPLATES: Final = 16
_ATTEMPTS: Final = 8

_TOOLS: Final = "/usr/sbin:/sbin:/usr/bin:/bin"
_OPTIONS: Final = (
    *("-q", "-F", "-b", str(BLOCK), "-I", "256", "-m", "0"),
    *("-O", "encrypt,^has_journal,^resize_inode"),
    *("-E", "lazy_itable_init=1,nodiscard,packed_meta_blocks=1,root_owner=0:0"),
)
# No barriers: the image dies with the sandbox, so flushing it to the disk at fsync or unmount would be for nothing.
_MOUNT_SWITCHES: Final = ("noinit_itable", "nobarrier")
_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_SHOWN: Final = "tmp"
"""The directory of the image that is shown as /tmp: it is empty, unlike the root with its lost+found."""


class FormatFailure(Exception):
    """mkfs.ext4 could not make an image of the size wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A fresh file system of one size: what an empty sparse file needs written to become it."""

    size_bytes: int
    extents: tuple[tuple[int, bytes], ...]


class Formatting:
    """Finds the image size whose free space is exactly `size_mb`, one run of mkfs.ext4 after the other.

    The caller waits for `pidfd` to become readable, then calls `advance`, until that returns a template.
    """

    def __init__(self, *, size_mb: int, spool: Path, program: str) -> None:
        self.size_mb, self._program = size_mb, program
        self._wanted_blocks = size_mb * _BLOCKS_PER_MB
        self._blocks = self._wanted_blocks + self._wanted_blocks // 60 + 4096
        self._attempts_left = _ATTEMPTS
        self._spool = spool
        self._start()

    def _start(self) -> None:
        self._attempts_left -= 1
        self._image = _nameless_file(self._spool)
        try:
            os.ftruncate(self._image, self._blocks * BLOCK)
            self._process = subprocess.Popen(
                [
                    *(self._program, *_OPTIONS),
                    *("-N", str(self.size_mb * _INODES_PER_MB)),
                    *(f"/proc/self/fd/{self._image}", str(self._blocks)),
                ],
                pass_fds=(self._image,),
                env={},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            os.close(self._image)
            raise FormatFailure(f"mkfs.ext4 could not be started: {error}") from error
        self.pidfd = os.pidfd_open(self._process.pid)

    def advance(self) -> Template | None:
        """Collect the run that ended: the template, or None when another run was begun. Raises FormatFailure."""
        os.close(self.pidfd)
        status = self._process.wait()
        try:
            if status != 0:
                raise FormatFailure(f"mkfs.ext4 ended with {status}")
            excess = _available_blocks(self._image) - self._wanted_blocks
            if excess == 0:
                return Template(
                    size_bytes=self._blocks * BLOCK, extents=tuple(_extents(self._image))
                )
        finally:
            os.close(self._image)
        if self._attempts_left == 0:
            raise FormatFailure(f"no image leaves exactly {self.size_mb} MB free")
        self._blocks -= excess
        self._start()
        return None


def _available_blocks(image: int) -> int:
    """Blocks an ordinary user can fill once the file system is mounted and its shown directory made."""
    blocks, reserved, free = struct.unpack_from("<III", os.pread(image, 1024, 1024), 4)
    kept_by_kernel = min(blocks // 50, 4096)
    return int(free - reserved - kept_by_kernel - 1)


def _extents(image: int) -> Iterator[tuple[int, bytes]]:
    """Yield what of a sparse file is not a hole."""
    end = 0
    while True:
        try:
            start = os.lseek(image, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        end = os.lseek(image, start, os.SEEK_HOLE)
        yield start, os.pread(image, end - start, start)


def _nameless_file(spool: Path) -> int:
    try:
        return os.open(spool, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in (
            errno.EOPNOTSUPP,
            errno.EISDIR,
        ):  # this file system has no such files
            raise
    path = spool / f"image-{os.urandom(8).hex()}"
    file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600)
    path.unlink()
    return file


def mkfs() -> str:
    """Where mkfs.ext4 is. Raises FormatFailure."""
    program = shutil.which("mkfs.ext4", path=_TOOLS)
    if program is None:
        raise FormatFailure("mkfs.ext4 is missing (Debian: apt install e2fsprogs)")
    return program


class Templates:
    """Keeps the templates used last, and has those made that are missing. Raises FormatFailure without mkfs.ext4."""

    def __init__(self, *, spool: Path) -> None:
        self._spool, self._program = spool, mkfs()
        self._kept: OrderedDict[int, Template] = OrderedDict()

    def get(self, size_mb: int) -> Template | None:
        """Return the template of a size, if it is there."""
        template = self._kept.get(size_mb)
        if template is not None:
            self._kept.move_to_end(size_mb)
        return template

    def begin(self, size_mb: int) -> Formatting:
        """Begin to make the template of a size. Raises FormatFailure."""
        try:
            return Formatting(size_mb=size_mb, spool=self._spool, program=self._program)
        except OSError as error:
            raise FormatFailure(f"no image in {self._spool}: {error.strerror}") from error

    def keep(self, size_mb: int, template: Template) -> None:
        """Keep a template that was made, and forget the one longest unused when there are many."""
        self._kept[size_mb] = template
        while len(self._kept) > _KEPT_TEMPLATES:
            self._kept.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """An empty file system; both descriptors are the caller's to close."""

    tree: int
    """A detached mount of it, to be attached where it is shown."""
    directory: int
    """What is shown, for whoever empties it in the end: as long as it is open, so is the file system."""


class Volumes:
    """Makes the file systems shown as /tmp; `desk` is an empty directory of the caller's own mount namespace."""

    def __init__(self, *, spool: Path, desk: str, encrypted: bool) -> None:
        self._spool, self._desk, self._encrypted = spool, desk, encrypted
        self._clones_detached = True
        self._loops = Loops()

    def make(self, template: Template, *, owner: int) -> Volume:
        """Make an empty volume whose root belongs to `owner`: a detached mount, gone with its last user.

        Raises OSError, also where it was to be encrypted and the kernel can't.
        """
        image = _nameless_file(self._spool)
        try:
            os.ftruncate(image, template.size_bytes)
            for offset, content in template.extents:
                os.pwrite(image, content, offset)
            device, path = self._loops.attach(image)
        finally:
            os.close(image)
        try:
            whole = kernel.mount_detached(
                "ext4",
                options=(("source", path),),
                switches=_MOUNT_SWITCHES,
                attributes=kernel.NO_SETUID | kernel.NO_DEVICES,
            )
        finally:
            os.close(device)
        try:
            return self._show(whole, owner)
        finally:
            os.close(whole)

    def _show(self, whole: int, owner: int) -> Volume:
        """Make the directory that is shown: the root of a file system can't be encrypted."""
        os.mkdir(_SHOWN, dir_fd=whole)
        shown = os.open(_SHOWN, _DIRECTORY, dir_fd=whole)
        try:
            if self._encrypted:
                _encrypt(shown, whole)
            os.fchown(shown, owner, owner)
            os.fchmod(shown, stat.S_ISVTX | 0o777)
            return Volume(tree=self._clone(whole), directory=shown)
        except BaseException:
            os.close(shown)
            raise

    def _clone(self, whole: int) -> int:
        """Clone the shown directory into a mount of its own; before Linux 6.15 only of something that is attached."""
        if self._clones_detached:
            try:
                return kernel.open_tree(_SHOWN, below=whole)
            except OSError as error:
                if error.errno != errno.EINVAL:
                    raise
                self._clones_detached = False
        # Several are made at a time, each in a process: one must not take the other's from the desk.
        turn = os.open(self._spool, _DIRECTORY)
        fcntl.flock(turn, fcntl.LOCK_EX)
        try:
            kernel.move_mount(whole, self._desk)
            try:
                return kernel.open_tree(f"{self._desk}/{_SHOWN}")
            finally:
                kernel.unmount(self._desk)
        finally:
            os.close(turn)


def _encrypt(shown: int, whole: int) -> None:
    """Encrypt what comes into `shown` with a key that is forgotten here."""
    root = os.open(".", _DIRECTORY, dir_fd=whole)
    try:
        fscrypt.encrypt(shown, root=root, key=fscrypt.new_key())
    finally:
        os.close(root)
