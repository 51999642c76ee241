"""Where a body ends: by its length, by its chunks, or with the connection."""

import re
from enum import Enum
from typing import Final, Protocol

from lambent.http.head import BadMessage

_SIZE_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\0]*)?")
_LONGEST_LINE: Final = 4_096
_TRAILER_BYTES: Final = 16_384


class Framing(Protocol):
    """Cuts a body out of a stream of bytes."""

    @property
    def done(self) -> bool:
        """Whether the body is whole."""
        ...

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take what `data` holds of the body; gives (body bytes, what comes after the body).

        Raises BadMessage.
        """
        ...


class LengthFraming:
    """A body of a known length."""

    __slots__ = ("_left",)

    def __init__(self, length: int) -> None:
        self._left = length

    @property
    def done(self) -> bool:
        """Whether all bytes have come."""
        return self._left == 0

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Take up to the length."""
        left = self._left
        if len(data) <= left:
            self._left = left - len(data)
            return data, b""
        self._left = 0
        return data[:left], data[left:]


class UntilClosed:
    """A body that ends with its connection (answers only)."""

    __slots__ = ()

    @property
    def done(self) -> bool:
        """Never: the connection's end says so."""
        return False

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """All of it."""
        return data, b""


class _ChunkPart(Enum):
    """What a chunked body continues with."""

    SIZE = "size"
    BODY = "body"
    BREAK = "break"
    TRAILER = "trailer"
    NOTHING = "nothing"


class ChunkedFraming:
    """A chunked body; extensions are skipped, trailers thrown away."""

    __slots__ = ("_expect", "_left", "_line", "_trailers")

    def __init__(self) -> None:
        self._line = b""
        self._left = 0
        self._trailers = 0
        self._expect = _ChunkPart.SIZE

    @property
    def done(self) -> bool:
        """Whether the last chunk and the trailers have come."""
        return self._expect is _ChunkPart.NOTHING

    def feed(self, data: bytes) -> tuple[bytes, bytes]:
        """Decode. Raises BadMessage for anything that RFC 9112 does not allow."""
        pieces: list[bytes] = []
        data, self._line = self._line + data, b""
        at = 0
        while not self.done and at < len(data):
            if self._expect is _ChunkPart.BODY:
                piece = data[at : at + self._left]
                self._left -= len(piece)
                at += len(piece)
                pieces.append(piece)
                if self._left == 0:
                    self._expect = _ChunkPart.BREAK
                continue
            end = data.find(b"\r\n", at)
            if end < 0:
                self._keep(data[at:])
                return b"".join(pieces), b""
            self._take_line(data[at:end])
            at = end + 2
        return b"".join(pieces), data[at:]

    def _keep(self, part: bytes) -> None:
        if len(part) > _LONGEST_LINE or (self._expect is _ChunkPart.BREAK and len(part) > 1):
            raise BadMessage(400, "Malformed request: chunk line too long")
        self._line = part

    def _take_line(self, line: bytes) -> None:
        if self._expect is _ChunkPart.SIZE:
            match = _SIZE_LINE.fullmatch(line)
            if match is None or len(line) > _LONGEST_LINE:
                raise BadMessage(400, "Malformed request: chunk size")
            self._left = int(match[1], 16)
            self._expect = _ChunkPart.BODY if self._left else _ChunkPart.TRAILER
        elif self._expect is _ChunkPart.BREAK:
            if line:
                raise BadMessage(400, "Malformed request: chunk longer than its size")
            self._expect = _ChunkPart.SIZE
        elif not line:
            self._expect = _ChunkPart.NOTHING
        else:
            self._trailers += len(line)
            if self._trailers > _TRAILER_BYTES:
                raise BadMessage(431, "Trailers too long")


def body_framing(*, content_length: int | None, chunked: bool) -> Framing:
    """The framing of a request's body."""
    return ChunkedFraming() if chunked else LengthFraming(content_length or 0)
