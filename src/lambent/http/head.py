"""Heads of requests and answers: bytes to values, nothing in between accepted.

httptools (llhttp, strict) reads the text; how long the body is, is decided here and nowhere else, from a head that was cut
off whole. So two parsers can never disagree about where a request ends.
"""

import re
from dataclasses import dataclass
from typing import Final

import httptools

from lambent.http.exchange import RequestHead

Pairs = list[tuple[bytes, bytes]]

_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_DIGITS: Final = re.compile(rb"[0-9]{1,18}")
_SINGLE: Final = (b"host", b"content-length", b"transfer-encoding")


class BadMessage(Exception):
    """A message that is not HTTP/1.1, or more than is allowed; `status` is the answer it earns."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedRequest:
    """A request's head and what it says about the connection."""

    head: RequestHead
    chunked: bool
    keep_alive: bool
    http_1_0: bool
    wants_continue: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedAnswer:
    """An answer's head and what it says about the connection."""

    status: int
    headers: Pairs
    content_length: int | None
    chunked: bool
    keep_alive: bool


class _Events:
    """Takes httptools' callbacks for one head."""

    __slots__ = ("complete", "pairs", "target")

    def __init__(self) -> None:
        self.pairs: Pairs = []
        self.target = b""
        self.complete = 0

    def on_url(self, url: bytes) -> None:
        self.target = url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.pairs.append((name, value))

    def on_headers_complete(self) -> None:
        self.complete += 1


def cut_head(data: bytes, *, longest: int) -> tuple[bytes, bytes]:
    """The head that `data` begins with, to its blank line, and the rest; an empty head when it is not whole yet.

    Blank lines before it, which some clients send after a body, are dropped. Raises BadMessage for what cannot become one.
    """
    if data[:1] < b"A":
        data = data.lstrip(b"\r\n")
        if data and not b"A" <= data[:1] <= b"Z":
            raise BadMessage(400, "Malformed request: this is plain HTTP")
    end = data.find(b"\r\n\r\n") + 4
    if end > longest or (end == 3 and len(data) >= longest):
        raise BadMessage(431, "The request's head is too large")
    return (b"", data) if end == 3 else (data[:end], data[end:])


def parse_request_head(raw: bytes, *, peer: str, most_headers: int = 100) -> ParsedRequest:
    """Read a request's head, given from its first byte to its blank line.

    Raises BadMessage for whatever is malformed, ambiguous about its length, or not for an origin server.
    """
    events = _Events()
    parser = httptools.HttpRequestParser(events)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        if parser.get_method() == b"CONNECT":
            raise BadMessage(501, "CONNECT is not served here") from None
        # Any other upgrade is an offer that a server may ignore (Java's client makes one on plain HTTP).
    except httptools.HttpParserError as error:
        raise BadMessage(400, f"Malformed request: {error}") from None
    http_1_0 = _check_request_line(raw)
    headers = _check_headers(raw, events, most_headers)
    target = events.target
    if not target.startswith(b"/"):
        target = _origin_form(target, headers)
    if b"host" not in headers and not http_1_0:
        raise BadMessage(400, "Malformed request: no Host")
    chunked = b"transfer-encoding" in headers
    return ParsedRequest(
        head=RequestHead(
            method=parser.get_method(),
            target=target,
            headers=headers,
            raw_headers=events.pairs,
            content_length=_content_length(headers, chunked=chunked, http_1_0=http_1_0),
            peer=peer,
        ),
        chunked=chunked,
        keep_alive=_keep_alive(headers.get(b"connection"), http_1_0=http_1_0),
        http_1_0=http_1_0,
        wants_continue=b"expect" in headers and _expectation(headers[b"expect"], http_1_0=http_1_0),
    )


def parse_answer_head(raw: bytes) -> ParsedAnswer:
    """Read an answer's head, given from its first byte to its blank line. Raises BadMessage."""
    events = _Events()
    parser = httptools.HttpResponseParser(events)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        raise BadMessage(502, "Malformed answer: an upgrade nobody asked for") from None
    except httptools.HttpParserError as error:
        raise BadMessage(502, f"Malformed answer: {error}") from None
    headers = _check_headers(raw, events, 1_000)
    http_1_0 = raw.startswith(b"HTTP/1.0")
    chunked = b"transfer-encoding" in headers
    return ParsedAnswer(
        status=parser.get_status_code(),
        headers=[(name, value.strip(b" \t")) for name, value in events.pairs],
        content_length=_content_length(headers, chunked=chunked, http_1_0=http_1_0),
        chunked=chunked,
        keep_alive=_keep_alive(headers.get(b"connection"), http_1_0=http_1_0),
    )


def _check_request_line(raw: bytes) -> bool:
    """Whether the request is HTTP/1.0; anything but that and 1.1 is refused."""
    line = raw[: raw.find(b"\r\n")]
    if line.endswith(b" HTTP/1.1"):
        return False
    if line.endswith(b" HTTP/1.0"):
        return True
    raise BadMessage(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here")


def _check_headers(raw: bytes, events: _Events, most: int) -> dict[bytes, bytes]:
    """The headers by lower-case name, once it is sure that the parser saw the lines that we see."""
    pairs = events.pairs
    if len(pairs) > most:
        raise BadMessage(431, f"More than {most} headers")
    if raw.count(b"\n") != len(pairs) + 2 or events.complete != 1:
        raise BadMessage(400, "Malformed request: ambiguous line endings")
    headers = {name.lower(): value.strip(b" \t") for name, value in pairs}
    if len(headers) != len(pairs):
        headers = _joined(pairs)
    return headers


def _joined(pairs: Pairs) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {}
    for name, value in ((n.lower(), v.strip(b" \t")) for n, v in pairs):
        if name not in headers:
            headers[name] = value
        elif name in _SINGLE:
            raise BadMessage(400, f"Malformed request: more than one {name.decode()}")
        else:
            headers[name] += (b"; " if name == b"cookie" else b",") + value
    return headers


def _origin_form(target: bytes, headers: dict[bytes, bytes]) -> bytes:
    """Path and query of an absolute target, whose host takes the place of `Host` (RFC 9112, 3.2.2)."""
    if target == b"*":
        return target
    match = _ABSOLUTE.fullmatch(target)
    if match is None:
        raise BadMessage(400, "Malformed request: the target is neither a path nor a URL")
    headers[b"host"] = match[1]
    return match[2] if match[2].startswith(b"/") else b"/" + match[2]


def _content_length(headers: dict[bytes, bytes], *, chunked: bool, http_1_0: bool) -> int | None:
    length = headers.get(b"content-length")
    if chunked:
        if length is not None or http_1_0:
            raise BadMessage(400, "Malformed request: Transfer-Encoding beside another framing")
        if headers[b"transfer-encoding"].lower() != b"chunked":
            raise BadMessage(501, "No Transfer-Encoding but chunked is known here")
        return None
    if length is None:
        return None
    if _DIGITS.fullmatch(length) is None:
        raise BadMessage(400, "Malformed request: Content-Length is not a number")
    return int(length)


def _keep_alive(connection: bytes | None, *, http_1_0: bool) -> bool:
    if connection is None:
        return not http_1_0
    tokens = [token.strip().lower() for token in connection.split(b",")]
    if b"close" in tokens:
        return False
    return not http_1_0 or b"keep-alive" in tokens


def _expectation(value: bytes, *, http_1_0: bool) -> bool:
    if value.lower() != b"100-continue":
        raise BadMessage(417, "No expectation but 100-continue is met here")
    return not http_1_0
