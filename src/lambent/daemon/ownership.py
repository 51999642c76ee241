"""Gives a data directory to the uid of edge and control, as root, among files that may be anybody's doing.

Danger: everything here runs as root in directories that less privileged processes write to. No name is trusted: a directory
is worked in by its descriptor, a symbolic link is never followed, and a file with several names is left to its owner.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from lambent.daemon.daemon_user import DaemonUser
from lambent.daemon.failure import unusable

_DIRECTORY: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_SHARED_DIRECTORY, _SHARED_FILE = 0o2770, 0o660
_SHOWN_DIRECTORY, _SHOWN_FILE, _SECRET_FILE = 0o750, 0o640, 0o600
_LOOKED_AT: Final = 3
"""Levels below the data directory whose owners are looked at each time: whatever is made whole is made there."""


class SeveralNames(Exception):
    """A file has another name, which may be anywhere: giving it away would give that away too; the text is its name."""


@contextmanager
def directory(name: str | os.PathLike[str], *, at: int | None = None) -> Iterator[int]:
    """A descriptor of the directory `name`, which may be no link. Raises OSError."""
    descriptor = os.open(name, _DIRECTORY, dir_fd=at)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def give(top: int, owner: DaemonUser, *, kept: frozenset[str]) -> None:
    """Give the directory `top` and what is in it to `owner`, but those names in it that are `kept`.

    Last of all the directory itself, and each one below after its content: what was interrupted is found and finished by the
    next call. What is right already costs a look at its upper levels only. Raises OSError, SeveralNames.
    """
    with os.scandir(top) as entries:
        names = [entry.name for entry in entries if entry.name not in kept]
    for name in names:
        _look(top, name, owner, _LOOKED_AT - 1)
    _own(top, owner)


def give_all(path: Path, owner: DaemonUser) -> None:
    """As `give`, with the directory's name and all that is in it. Raises StartFailure."""
    try:
        with directory(path) as top:
            give(top, owner, kept=frozenset())
    except OSError as error:
        raise unusable("the directory", path, error) from error


def share(top: int, owner: DaemonUser) -> None:
    """Let `owner`, by its group, make and replace files in the directory `top` of this process's own. Raises OSError."""
    os.fchown(top, os.geteuid(), owner.gid)
    os.fchmod(top, _SHARED_DIRECTORY)
    for name, file in _files(top):
        _demand_one_name(os.fstat(file), name)
        os.fchown(file, -1, owner.gid)
        os.fchmod(file, _SHARED_FILE)


def show(top: int, owner: DaemonUser, *, names: frozenset[str]) -> None:
    """Let `owner`, by its group, read the files `names` of the directory `top`, which is this process's own. Raises OSError."""
    os.fchown(top, os.geteuid(), owner.gid)
    os.fchmod(top, _SHOWN_DIRECTORY)
    for name, file in _files(top):
        _demand_one_name(os.fstat(file), name)
        os.fchown(file, os.geteuid(), owner.gid if name in names else os.getegid())
        os.fchmod(file, _SHOWN_FILE if name in names else _SECRET_FILE)


def _files(top: int) -> Iterator[tuple[str, int]]:
    """Name and descriptor of each plain file in the directory `top`."""
    with os.scandir(top) as entries:
        files = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
    for name in files:
        descriptor = os.open(name, _FILE, dir_fd=top)
        try:
            yield name, descriptor
        finally:
            os.close(descriptor)


def _look(at: int, name: str, owner: DaemonUser, levels: int) -> None:
    found = os.stat(name, dir_fd=at, follow_symlinks=False)
    if not _owns(found, owner):
        _give(at, name, owner, found)
    elif levels and stat.S_ISDIR(found.st_mode):
        with directory(name, at=at) as below, os.scandir(below) as entries:
            for entry in entries:
                _look(below, entry.name, owner, levels - 1)


def _give(at: int, name: str, owner: DaemonUser, found: os.stat_result) -> None:
    if not stat.S_ISDIR(found.st_mode):
        if _owns(found, owner):
            return
        _demand_one_name(found, name)
        os.chown(name, owner.uid, owner.gid, dir_fd=at, follow_symlinks=False)
        return
    with directory(name, at=at) as below:
        with os.scandir(below) as entries:
            for entry in entries:
                _give(below, entry.name, owner, entry.stat(follow_symlinks=False))
        _own(below, owner)


def _own(descriptor: int, owner: DaemonUser) -> None:
    if not _owns(os.fstat(descriptor), owner):
        os.fchown(descriptor, owner.uid, owner.gid)


def _owns(found: os.stat_result, owner: DaemonUser) -> bool:
    return found.st_uid == owner.uid and found.st_gid == owner.gid


def _demand_one_name(found: os.stat_result, name: str) -> None:
    if stat.S_ISREG(found.st_mode) and found.st_nlink > 1:
        raise SeveralNames(name)
