"""Answers' heads as bytes."""

from email.utils import formatdate
from http import HTTPStatus
from typing import Final

from lambent.http.exchange import Headers

_STATUS_LINES: Final = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus
}
BODILESS: Final = frozenset((204, 304))
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def date_line(epoch_ms: int) -> bytes:
    """The `Date` header's line, with its CRLF."""
    return f"Date: {formatdate(epoch_ms // 1000, usegmt=True)}\r\n".encode()


def status_line(status: int) -> bytes:
    """The first line of an answer, with its CRLF."""
    line = _STATUS_LINES.get(status)
    return f"HTTP/1.1 {status} Status\r\n".encode() if line is None else line


def header_block(headers: Headers) -> bytes:
    """The headers' lines, each with its CRLF. Raises ValueError when one would break out of its line."""
    if not headers:
        return b""
    block = b"\r\n".join([b": ".join(pair) for pair in headers]) + b"\r\n"
    lines = len(headers)
    if block.count(b"\n") != lines or block.count(b"\r") != lines:
        raise ValueError("a header contains a line break")
    return block


def chunk(data: bytes) -> bytes:
    """`data`, not empty, as one chunk."""
    return b"%x\r\n%b\r\n" % (len(data), data)
