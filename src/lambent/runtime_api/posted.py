"""A body that a runtime posts."""

from collections.abc import Callable
from typing import Final

from lambent.model.limits import MAX_RESPONSE_BYTES

LONGEST: Final = MAX_RESPONSE_BYTES


class Posted:
    """Takes a body whole, up to the limit of a response; a BodySink.

    Exactly one of `whole`, `too_large` and `truncated` is called. What comes over the limit is read and dropped, since
    clients send all before they look at the answer.
    """

    def __init__(
        self,
        *,
        whole: Callable[[bytes], None],
        too_large: Callable[[], None],
        truncated: Callable[[], None],
    ) -> None:
        self._whole, self._too_large, self._truncated = whole, too_large, truncated
        self._pieces: list[bytes] = []
        self._length = 0

    def piece(self, data: bytes) -> None:
        """The next piece."""
        self._length += len(data)
        if self._length <= LONGEST:
            self._pieces.append(data)
        else:
            self._pieces.clear()

    def end(self) -> None:
        """The body is whole."""
        if self._length <= LONGEST:
            self._whole(b"".join(self._pieces))
        else:
            self._too_large()

    def lost(self) -> None:
        """The runtime went away before its body was whole."""
        self._truncated()
