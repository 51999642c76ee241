"""A log file that several processes append to, and that any of them rotates."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

LARGEST_BYTES: Final = 10 * 1024 * 1024
KEPT: Final = 5
_MODE: Final = 0o600


class LogFile:
    """Appends to the file at `path` through one descriptor of this process, say 2.

    Nobody stands between a process and the file, so whatever was written is in it, whoever is killed next. Who finds the
    file too large renames it; the others notice that at their next line, and one that they wrote meanwhile is in the renamed
    file. As the descriptor is replaced in place, what is written to it without this class (a traceback, another program
    that inherits it) lands in the file that the last line went to.
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
        opened = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            status = os.fstat(opened)
            # Danger: from here on nothing of this process reaches what the descriptor was before.
            os.dup2(opened, self._descriptor)
        finally:
            os.close(opened)
        self._held = (status.st_dev, status.st_ino)

    def _rotate(self) -> None:
        """Rename the file away, unless another process has just done it or is about to."""
        lock = os.open(self._named("lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._path.stat().st_size >= self._largest_bytes:
                for number in range(self._kept - 1, 1, -1):
                    with suppress(FileNotFoundError):
                        self._named(str(number - 1)).rename(self._named(str(number)))
                self._path.rename(self._named("1"))
        except (BlockingIOError, FileNotFoundError):
            return  # another one is at it
        finally:
            os.close(lock)

    def _named(self, suffix: str) -> Path:
        return self._path.with_name(f"{self._path.name}.{suffix}")
