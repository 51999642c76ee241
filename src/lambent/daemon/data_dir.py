"""The data directory: made, tried out, locked for one daemon, and given to the user of its programs."""

import errno
import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from lambent.daemon.daemon_user import DaemonUser
from lambent.daemon.failure import StartFailure, unusable
from lambent.daemon.ownership import SeveralNames, directory, give, share, show

_NEEDED_BYTES: Final = 4 * 1024 * 1024
_ROOMS: Final = ("blobs", "trees", "spool", "processes", "keys", "sdk", "log")
_ROOTS: Final = ("spool", "log", "keys")
_KEPT: Final = frozenset({"lock", "trees.img", *_ROOTS})
"""What stays the supervisor's: the log is shared, of the keys one is shown, the rest is a privileged hand's alone."""
_SHOWN_KEYS: Final = frozenset({"master"})
_MARKS: Final = frozenset({"lock", "blobs", "trees"})
_MADE_EARLIER: Final = re.compile(
    rf"lock|probe|runtimes|trees\.img|{'|'.join(_ROOMS)}|\w+\.db(-wal|-shm)?"
)
"""What a start that was cut short, the command `runtimes install` or a restored backup has put there."""
_PRIVATE: Final = 0o700


class DataDir:
    """A data directory that this process owns until `release` or its death."""

    def __init__(self, path: Path) -> None:
        """Take the directory, making it and its rooms if need be.

        Raises StartFailure when another daemon has it, or it can't be written, or is full, or holds other things.
        """
        self.path = path
        with ExitStack() as opened, self._sentences():
            path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            # Through links here: where the directory is, is the operator's word.
            self._top = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            opened.callback(os.close, self._top)
            self._demand_ours()
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            self._lock = os.open("lock", flags, 0o600, dir_fd=self._top)
            opened.callback(os.close, self._lock)
            self._take()
            opened.pop_all()

    @property
    def owner(self) -> int:
        """The uid that has it now."""
        return os.fstat(self._top).st_uid

    def give_to(self, user: DaemonUser) -> None:
        """Let `user` have all of it but what is a privileged hand's. Raises StartFailure."""
        with self._sentences():
            for room in _ROOTS:
                with directory(room, at=self._top) as descriptor:
                    os.fchown(descriptor, os.geteuid(), os.getegid())
                    os.fchmod(descriptor, _PRIVATE)
                    if user.uid != os.geteuid():
                        _let_in(user, room, descriptor)
            give(self._top, user, kept=_KEPT)
            os.fchmod(self._top, _PRIVATE)

    def release(self) -> None:
        """Let another daemon have it."""
        os.close(self._lock)
        os.close(self._top)

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except SeveralNames as error:
            raise StartFailure(
                f"In the data directory {self.path} the file {error} has another name elsewhere (a hard link), so it can't be "
                "given to the user of lambent's programs; put a copy in its place."
            ) from error
        except OSError as error:
            raise unusable("the data directory", self.path, error) from error

    def _take(self) -> None:
        found = os.fstat(self._lock)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise OSError(errno.EINVAL, "its lock is no file of its own")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pid = os.pread(self._lock, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise StartFailure(
                f"Another lambent (process {pid}) uses the data directory {self.path}; "
                "stop it first or choose another with --data-dir."
            ) from None
        os.ftruncate(self._lock, 0)
        os.pwrite(self._lock, f"{os.getpid()}\n".encode(), 0)
        for room in _ROOMS:
            if room not in self._names():
                os.mkdir(room, _PRIVATE, dir_fd=self._top)
            with directory(room, at=self._top):
                continue  # it is one, and no link
        self._probe()

    def _probe(self) -> None:
        """Ask the file system for room now: later it would be a crash loop of control."""
        room = os.fstatvfs(self._top)
        if (
            room.f_bavail * room.f_frsize < _NEEDED_BYTES
        ):  # what root could have still is not for all
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if "probe" in self._names():
            os.unlink("probe", dir_fd=self._top)
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        descriptor = os.open("probe", flags, 0o600, dir_fd=self._top)
        try:
            os.posix_fallocate(descriptor, 0, _NEEDED_BYTES)
        finally:
            os.close(descriptor)
            os.unlink("probe", dir_fd=self._top)

    def _names(self) -> set[str]:
        with os.scandir(self._top) as entries:
            return {entry.name for entry in entries}

    def _demand_ours(self) -> None:
        """All that is in it will be given away: it must be a data directory, or have nothing in it yet."""
        names = self._names() - {"lost+found"}
        mine = self.owner == os.geteuid()
        begun = mine and all(map(_MADE_EARLIER.fullmatch, names))
        if not names or names >= _MARKS or begun:
            return
        if not mine:
            raise StartFailure(
                f"The directory {self.path} belongs to another user and is not empty; "
                "choose an empty one with --data-dir."
            )
        raise StartFailure(
            f"The directory {self.path} holds other things than lambent's data; "
            "choose an empty one with --data-dir."
        )


def _let_in(user: DaemonUser, room: str, descriptor: int) -> None:
    """Let `user` have of a room of root's what it needs."""
    if room == "log":
        share(descriptor, user)
    if room == "keys":
        show(descriptor, user, names=_SHOWN_KEYS)
