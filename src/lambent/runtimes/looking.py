"""Looking into places that may be closed to this user: a PATH that was inherited from root names such."""

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path


def is_file(path: Path) -> bool:
    """Whether it is a file, as far as this user may know."""
    with suppress(OSError):  # pathlib knows the missing and raises for the closed
        return path.is_file()
    return False


def entries(folder: Path) -> Sequence[Path]:
    """What is in a folder that is there and may be read; else nothing."""
    with suppress(OSError):
        return tuple(folder.iterdir())
    return ()
