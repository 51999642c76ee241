"""The data directory: made, tried out and locked for one daemon."""

import fcntl
import os
from pathlib import Path
from typing import Final

from lambent.daemon.failure import StartFailure, unusable

_NEEDED_BYTES: Final = 4 * 1024 * 1024
_ROOMS: Final = ("blobs", "trees", "spool", "keys", "sdk", "log")


class DataDir:
    """A data directory that this process owns until `release` or its death."""

    def __init__(self, path: Path) -> None:
        """Take the directory, making it and its rooms if need be.

        Raises StartFailure when another daemon has it, or it can't be written, or is full.
        """
        self.path = path
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._own(path)
            self._lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise unusable("the data directory", path, error) from error
        try:
            self._take()
        except BaseException:
            os.close(self._lock)
            raise

    def release(self) -> None:
        """Let another daemon have it."""
        os.close(self._lock)

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise StartFailure(
                f"Another lambent (process {pid}) uses the data directory {self.path}; "
                "stop it first or choose another with --data-dir."
            ) from None
        try:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
            for room in _ROOMS:
                (self.path / room).mkdir(mode=0o700, exist_ok=True)
            self._probe()
        except OSError as error:
            raise unusable("the data directory", self.path, error) from error

    def _probe(self) -> None:
        """Ask the file system for room now: later it would be a crash loop of control."""
        probe = self.path / "probe"
        descriptor = os.open(probe, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, _NEEDED_BYTES)
        finally:
            os.close(descriptor)
            probe.unlink()

    def _own(self, path: Path) -> None:
        """Edge and control write as this uid without capabilities, so the directory must be its own."""
        if path.stat().st_uid == os.geteuid():
            return
        if any(path.iterdir()) and not (path / "lock").exists():
            raise StartFailure(
                f"The directory {path} belongs to another user and is not empty; "
                "choose an empty one with --data-dir."
            )
        os.chown(path, os.geteuid(), os.getegid())
