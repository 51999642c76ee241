"""Folders that are made whole or not at all, by whichever process is first."""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path


def made_whole(folder: Path, fill: Callable[[Path], None]) -> Path:
    """`folder`, readable for all, filled under another name and renamed when it is whole, unless it is there already.

    Raises OSError, and what `fill` raises.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder.parent))
    try:
        fill(making)
        open_to_all(making)
        making.rename(folder)
    except OSError:
        # Another process may have been quicker: a folder by this name is whole, whoever made it.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def standing(folder: Path) -> Path:
    """`folder`, made if need be: what is put into it later is seen wherever it is shown. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder


def open_to_all(folder: Path) -> None:
    """Let every uid read, whatever the umask: a sandbox has a uid of its own."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            executable = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if executable else 0o644)


def sources_below(folder: Path, *suffixes: str) -> Mapping[Path, bytes]:
    """The files below `folder` that end so, by their paths relative to it."""
    found = (path for path in sorted(folder.rglob("*")) if path.suffix in suffixes)
    return {path.relative_to(folder): path.read_bytes() for path in found if path.is_file()}


def write_below(folder: Path, sources: Mapping[Path, bytes]) -> None:
    """Write what `sources_below` gave. Raises OSError."""
    for path, content in sources.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def digest_of(sources: Mapping[Path, bytes]) -> str:
    """16 hexadecimal digits that are others when a file is another."""
    digest = hashlib.sha256()
    for path, content in sources.items():
        digest.update(b"%b\0%d\0%b" % (bytes(path), len(content), content))
    return digest.hexdigest()[:16]
