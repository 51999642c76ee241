"""The files by which the kernel's groups are read and set."""

import errno
import os
from pathlib import Path


def write(file: Path, value: int | str) -> None:
    """Set it. Raises OSError, which says what was refused."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, str(value).encode())
    except OSError as error:
        raise OSError(error.errno, f"{file.name} = {value}: {error.strerror}") from error
    finally:
        os.close(descriptor)


def fields(file: Path) -> dict[str, int]:
    """Return what a file of lines "NAME NUMBER" says. Raises OSError."""
    pairs = (line.split(" ", 1) for line in file.read_text(encoding="ascii").splitlines())
    return {name: int(value) for name, value in pairs}


def removed(group: Path) -> bool:
    """Remove a group; False while something is in it. Raises OSError."""
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno in (errno.EBUSY, errno.ENOTEMPTY):
            return False
        raise
    return True
