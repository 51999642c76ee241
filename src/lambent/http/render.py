"""Answers' heads as bytes."""

from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from lambent.http.exchange import Headers
from lambent.kit.clock import Clock

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
BODILESS: Final = frozenset((204, 304))
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


class DateLine:
    """The `Date` header's line, made once a second."""

    __slots__ = ("_clock", "_line", "_second")

    def __init__(self, *, clock: Clock) -> None:
        self._clock, self._second, self._line = clock, -1, b""

    def __call__(self) -> bytes:
        """The line, with its CRLF."""
        second = self._clock.epoch_ms() // 1000
        if second != self._second:
            self._second = second
            self._line = f"Date: {formatdate(second, usegmt=True)}\r\n".encode()
        return self._line


def status_line(status: int) -> bytes:
    """The first line of an answer, with its CRLF."""
    line = _STATUS_LINES.get(status)
    return f"HTTP/1.1 {status} Status\r\n".encode() if line is None else line


def header_block(headers: Headers) -> bytes:
    """The headers' lines, each with its CRLF. Raises ValueError when one would break out of its line."""
    block = b"".join([b"%b: %b\r\n" % pair for pair in headers])
    if block.count(b"\n") != len(headers) or block.count(b"\r") != len(headers):
        raise ValueError("a header contains a line break")
    return block


def chunk(data: bytes) -> bytes:
    """`data`, not empty, as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)
