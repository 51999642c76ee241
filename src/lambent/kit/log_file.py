"""A log file that several processes append to, and that any of them rotates."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

LARGEST_BYTES: Final = 10 * 1024 * 1024
KEPT: Final = 5
_MODE: Final = 0o660
"""Its directory's group may append, too: the daemon's processes are of two users there."""
_OTHERS: Final = 0o007
_APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_LOCK: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class LogFile:
    """Appends to the file at `path` through one descriptor of this process, say 2.

    Nobody stands between a process and the file, so whatever was written is in it, whoever is killed next. Who finds the
    file too large renames it; the others notice that at their next line, and one that they wrote meanwhile is in the renamed
    file. As the descriptor is replaced in place, what is written to it without this class (a traceback, another program
    that inherits it) lands in the file that the last line went to.

    Danger: where root and a lesser user share the directory, root must not be led astray by it: it writes to plain files of
    one name only, in a directory of its own, and follows no link.
    """

    def __init__(
        self,
        path: Path,
        *,
        descriptor: int,
        largest_bytes: int = LARGEST_BYTES,
        kept: int = KEPT,
    ) -> None:
        """`kept` files of about `largest_bytes` each, the current one among them: `path`, `path`.1, `path`.2 …"""
        self._path, self._descriptor = path, descriptor
        self._largest_bytes, self._kept = largest_bytes, kept
        self._held: tuple[int, int] | None = None

    def write(self, line: bytes) -> None:
        """Append `line`, which ends with a line break. Raises OSError when it is not in the file, or not all of it."""
        self.catch_up()
        while line:
            line = line[os.write(self._descriptor, line) :]

    def catch_up(self) -> None:
        """Make the descriptor the file that is at `path` now, made if need be, and rotated if it is full. Raises OSError."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            found = None
        if found is not None and found.st_size >= self._largest_bytes:
            self._rotate()
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._held:
            self._hold()

    def _hold(self) -> None:
        with self._directory() as at:
            opened = _open(at, self._path.name, _APPEND)
        try:
            status = os.fstat(opened)
            # Danger: from here on nothing of this process reaches what the descriptor was before.
            os.dup2(opened, self._descriptor)
        finally:
            os.close(opened)
        self._held = (status.st_dev, status.st_ino)

    def _rotate(self) -> None:
        """Rename the file away, unless another process has just done it or is about to."""
        with self._directory() as at:
            lock = _open(at, self._named("lock"), _LOCK)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._size(at) >= self._largest_bytes:
                    for number in range(self._kept - 1, 1, -1):
                        with suppress(FileNotFoundError):
                            self._rename(at, self._named(str(number - 1)), self._named(str(number)))
                    self._rename(at, self._path.name, self._named("1"))
            except (BlockingIOError, FileNotFoundError):
                return  # another one is at it
            finally:
                os.close(lock)

    @contextmanager
    def _directory(self) -> Iterator[int]:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
        at = os.open(self._path.parent, flags)
        try:
            if os.fstat(at).st_uid not in (0, os.geteuid()):
                raise OSError(errno.EPERM, "another user's directory", str(self._path.parent))
            yield at
        finally:
            os.close(at)

    def _size(self, at: int) -> int:
        return os.stat(self._path.name, dir_fd=at, follow_symlinks=False).st_size

    def _rename(self, at: int, old: str, new: str) -> None:
        os.rename(old, new, src_dir_fd=at, dst_dir_fd=at)

    def _named(self, suffix: str) -> str:
        return f"{self._path.name}.{suffix}"


def _open(at: int, name: str, flags: int) -> int:
    """The plain file `name` in the directory `at`, made if need be. Raises OSError."""
    while True:
        try:
            opened = os.open(name, flags, dir_fd=at)
        except FileNotFoundError:
            with suppress(FileExistsError):
                os.close(_make(at, name, flags))
            continue
        found = os.fstat(opened)
        if stat.S_ISREG(found.st_mode) and found.st_nlink <= 1:
            return opened
        os.close(opened)
        raise OSError(errno.EINVAL, "not a plain file of one name", name)


def _make(at: int, name: str, flags: int) -> int:
    if os.geteuid() != 0:
        made = os.open(name, flags | os.O_CREAT | os.O_EXCL, _MODE, dir_fd=at)
        os.fchmod(
            made, _MODE
        )  # whatever the umask: only root, which is never kept out, could be too early for this
        return made
    # Danger: the umask is the whole process's. Root's processes have one thread each, and for the others of the group the
    # file must be theirs, too, from its first moment.
    before = os.umask(_OTHERS)
    try:
        return os.open(name, flags | os.O_CREAT | os.O_EXCL, _MODE, dir_fd=at)
    finally:
        os.umask(before)
