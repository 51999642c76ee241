"""What a full disk is to whoever writes: said once, in one sentence."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lambent.model.errors import ServiceFailure

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


class NoRoom(ServiceFailure):
    """The disk that holds the data directory is full; nothing was stored."""

    def __init__(self) -> None:
        super().__init__(
            "There is no room left on the disk that holds lambent's data directory: nothing was stored."
        )


@contextmanager
def full_disk_is_no_room() -> Iterator[None]:
    """Turn the OSError of a full disk into NoRoom; others pass."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise NoRoom from error
        raise
