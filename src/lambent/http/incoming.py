"""Where the body of a request goes while it comes in."""

from collections.abc import Callable
from io import BytesIO
from typing import Protocol

from lambent.http.exchange import BodySink, Digest
from lambent.http.framing import ChunkedFraming, Framing


class Receiver(Protocol):
    """Takes one body."""

    @property
    def done(self) -> bool:
        """Whether it takes no more."""
        ...

    @property
    def whole(self) -> bool:
        """Whether the body came to its end, so that what follows is the next request."""
        ...

    def room(self) -> memoryview | None:
        """Where the next bytes may be put directly; None asks for `feed`."""
        ...

    def filled(self, size: int) -> None:
        """`size` bytes were put into `room`."""
        ...

    def feed(self, data: bytes) -> bytes:
        """Take the body's bytes from `data`; gives what comes after the body. Raises BadMessage."""
        ...

    def complete(self) -> None:
        """It is done: tell the application."""
        ...

    def lost(self) -> None:
        """The body will not be whole."""
        ...


class CollectKnown:
    """A body of known length, received into one buffer that then becomes the bytes without another copy.

    The buffer is calloc'ed: memory is taken only as bytes arrive. `BytesIO.getvalue` hands out its inner bytes when they
    fill it exactly and no view is left (CPython; elsewhere it would be a copy, still correct).
    """

    __slots__ = ("_buffer", "_digest", "_filled", "_length", "_then", "_view")

    def __init__(
        self, *, length: int, then: Callable[[bytes], None], digest: Digest | None = None
    ) -> None:
        self._buffer = BytesIO(bytes(length))
        self._view = self._buffer.getbuffer()
        self._length, self._filled, self._then, self._digest = length, 0, then, digest

    @property
    def done(self) -> bool:
        """Whether all bytes are here."""
        return self._filled == self._length

    @property
    def whole(self) -> bool:
        """The same."""
        return self._filled == self._length

    def room(self) -> memoryview | None:
        """What is left of the buffer."""
        return self._view[self._filled :]

    def filled(self, size: int) -> None:
        """Count them."""
        begin, self._filled = self._filled, self._filled + size
        if self._digest is not None:
            self._digest.update(self._view[begin : self._filled])

    def feed(self, data: bytes) -> bytes:
        """Copy what was read together with the head."""
        size = min(len(data), self._length - self._filled)
        self._view[self._filled : self._filled + size] = data[:size]
        self.filled(size)
        return data[size:]

    def complete(self) -> None:
        """Hand over the body."""
        self._view.release()
        self._then(self._buffer.getvalue())

    def lost(self) -> None:
        """Nobody is told."""


class CollectChunked:
    """A chunked body, joined once at its end; longer than its limit it is given up."""

    __slots__ = ("_digest", "_framing", "_left", "_pieces", "_then", "_too_large")

    def __init__(
        self,
        *,
        limit: int,
        then: Callable[[bytes], None],
        too_large: Callable[[], None],
        digest: Digest | None = None,
    ) -> None:
        self._framing, self._digest = ChunkedFraming(), digest
        self._pieces: list[bytes] = []
        self._left, self._then, self._too_large = limit, then, too_large

    @property
    def done(self) -> bool:
        """Whether it is whole or too large."""
        return self._framing.done or self._left < 0

    @property
    def whole(self) -> bool:
        """Whether the last chunk has come."""
        return self._framing.done

    def room(self) -> memoryview | None:
        """Chunks have to be decoded first."""
        return None

    def filled(self, size: int) -> None:
        """Never called: there is no room."""

    def feed(self, data: bytes) -> bytes:
        """Decode and keep."""
        piece, rest = self._framing.feed(data)
        self._left -= len(piece)
        self._pieces.append(piece)
        if self._digest is not None:
            self._digest.update(piece)
        return rest

    def complete(self) -> None:
        """Hand over the body, or say that it is too large."""
        if self._left < 0:
            self._pieces.clear()
            self._too_large()
        else:
            self._then(b"".join(self._pieces))

    def lost(self) -> None:
        """Nobody is told."""


class Streamed:
    """A body handed on as it comes."""

    __slots__ = ("_framing", "_sink")

    def __init__(self, *, framing: Framing, sink: BodySink) -> None:
        self._framing, self._sink = framing, sink

    @property
    def done(self) -> bool:
        """Whether all of it has come."""
        return self._framing.done

    @property
    def whole(self) -> bool:
        """The same."""
        return self._framing.done

    def room(self) -> memoryview | None:
        """Pieces are bytes of their own."""
        return None

    def filled(self, size: int) -> None:
        """Never called: there is no room."""

    def feed(self, data: bytes) -> bytes:
        """Hand on the next piece."""
        piece, rest = self._framing.feed(data)
        if piece:
            self._sink.piece(piece)
        return rest

    def complete(self) -> None:
        """Tell the sink that the body is whole."""
        self._sink.end()

    def lost(self) -> None:
        """Tell the sink that it never will be."""
        self._sink.lost()


class Discarded:
    """A body that nobody reads, kept out of the way of the next request."""

    __slots__ = ("_framing",)

    def __init__(self, *, framing: Framing) -> None:
        self._framing = framing

    @property
    def done(self) -> bool:
        """Whether its end has come."""
        return self._framing.done

    @property
    def whole(self) -> bool:
        """The same."""
        return self._framing.done

    def room(self) -> memoryview | None:
        """There is none."""
        return None

    def filled(self, size: int) -> None:
        """Never called: there is no room."""

    def feed(self, data: bytes) -> bytes:
        """Drop it."""
        return self._framing.feed(data)[1]

    def complete(self) -> None:
        """Nobody waits for it."""

    def lost(self) -> None:
        """Nobody waits for it."""
