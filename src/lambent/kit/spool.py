"""Files for what is too large to be kept in memory, and mostly is not."""

from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO


def spool_in(directory: Path, *, most_in_memory: int) -> IO[bytes]:
    """An empty file that is in memory while it is small, then without a name in `directory`; gone when it is closed."""
    return SpooledTemporaryFile(max_size=most_in_memory, dir=str(directory))
