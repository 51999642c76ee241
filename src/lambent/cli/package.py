"""A folder as a deployment package: the zip that AWS's guides ask for."""

import io
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lambent.cli.failure import CommandFailure

_LEFT_OUT: Final = frozenset({"__pycache__", ".git", ".hg", ".svn", ".venv", ".DS_Store"})
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_FILE, _PROGRAM, _LINK = 0o100644, 0o100755, 0o120777


def package(source: Path) -> bytes:
    """The folder zipped, with modes that a function can read and equal bytes for equal content; a .zip as it is.

    Raises CommandFailure for what can't be in a package.
    """
    try:
        if source.is_file() and source.suffix == ".zip":
            return source.read_bytes()
        if not source.is_dir():
            raise CommandFailure(f"{source} is neither a folder nor a .zip file.")
        return _zipped(source)
    except OSError as error:
        raise CommandFailure(
            f"Cannot read {error.filename or source}: {error.strerror}."
        ) from error


def _zipped(folder: Path) -> bytes:
    whole = io.BytesIO()
    count = 0
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in _content(folder):
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            mode, data = _entry(path, folder)
            info.external_attr = mode << 16
            archive.writestr(info, data)
            count += 1
    if not count:
        raise CommandFailure(f"{folder} holds no file.")
    return whole.getvalue()


def _content(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in _LEFT_OUT:
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _content(path)
        else:
            yield path


def _entry(path: Path, folder: Path) -> tuple[int, bytes]:
    if path.is_symlink():
        target = path.readlink()
        inside = (path.parent / target).resolve().is_relative_to(folder.resolve())
        if target.is_absolute() or not inside:
            raise CommandFailure(f"{path} is a link out of the package; put the file itself there.")
        return _LINK, str(target).encode()
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode):
        raise CommandFailure(f"{path} is no ordinary file and can't be in a package.")
    return (_PROGRAM if mode & stat.S_IXUSR else _FILE), path.read_bytes()
