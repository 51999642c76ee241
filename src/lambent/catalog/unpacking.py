"""Makes the tree of a package on disk, and takes trees away again."""

import ctypes
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from lambent.catalog.package import Entry, Kind, Package

_ROOT_MODE: Final = 0o755
_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def unpack(package: Package, into: Path) -> None:
    """Make the package's tree in the empty directory `into`, with the zip's modes whatever the umask.

    Everything is on disk when it returns. Raises BadPackage, OSError; then `into` holds a part.
    """
    of = {kind: [e for e in package.entries if e.kind is kind] for kind in Kind}
    make_directories(of[Kind.DIRECTORY], into)
    write_files(package, of[Kind.FILE], into)
    finish(of[Kind.DIRECTORY], of[Kind.LINK], into)


def make_directories(directories: Sequence[Entry], into: Path) -> None:
    """Make `directories`, parents first, open to us alone until they are finished. Raises OSError."""
    for entry in directories:
        (into / entry.path).mkdir(mode=0o700)  # its own mode might forbid us to fill it


def write_files(package: Package, files: Sequence[Entry], into: Path) -> None:
    """Write `files` of a package where their directories are. Raises BadPackage, OSError."""
    for entry in files:
        _write_file(package, entry, into / entry.path)


def finish(directories: Sequence[Entry], links: Sequence[Entry], into: Path) -> None:
    """Make `links`, give `directories` their modes, and have all that is in `into` on disk. Raises OSError."""
    for entry in links:  # last, so that nothing is ever written through one
        (into / entry.path).symlink_to(entry.target)
    for entry in reversed(directories):
        (into / entry.path).chmod(entry.mode)
    into.chmod(_ROOT_MODE)
    _sync_file_system(into)


def remove(tree: Path) -> None:
    """Remove a tree, also one whose directories nobody may write."""
    for directory in _directories(tree):
        directory.chmod(0o700)
    shutil.rmtree(tree)


def _write_file(package: Package, entry: Entry, path: Path) -> None:
    descriptor = os.open(path, _CREATE, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for piece in package.pieces(entry):
            file.write(piece)
        os.fchmod(descriptor, entry.mode)


def _directories(tree: Path) -> Iterator[Path]:
    """`tree` and the directories in it, each before it is looked into; links are not followed."""
    yield tree
    with os.scandir(tree) as children:
        below = [Path(c.path) for c in children if c.is_dir(follow_symlinks=False)]
    for directory in below:
        yield from _directories(directory)


def _sync_file_system(directory: Path) -> None:
    """Have everything on the file system of `directory` written out.

    Danger: a raw syncfs(2), since Python has none; it takes a descriptor and returns -1 with errno. One fsync a file costs
    a journal commit each: 20 s for a package of 10,000 files.
    """
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(directory))
    finally:
        os.close(descriptor)
