"""Heads of requests and answers: bytes to values, nothing in between accepted.

httptools (llhttp, strict) reads the text; how long the body is, is decided here and nowhere else, from a head that was cut
off whole. So two parsers can never disagree about where a request ends.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple, overload

import httptools

from lambent.http.exchange import RequestHead

Pairs = list[tuple[bytes, bytes]]

_ABSOLUTE: Final = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_MOST_DIGITS: Final = 18
_LETTER_A: Final = 0x41
_SINGLE: Final = (b"host", b"content-length", b"transfer-encoding")


class BadMessage(Exception):
    """A message that is not HTTP/1.1, or more than is allowed; `status` is the answer it earns."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


class ParsedRequest:
    """A request's head and what it says about the connection.

    It takes httptools' callbacks itself, and stores only what is unusual: one is made for every request.
    """

    head: RequestHead
    chunked = False
    keep_alive = True
    http_1_0 = False
    wants_continue = False

    # What httptools looks for and does not find on an object costs it a raised AttributeError each.
    on_message_begin = on_status = on_headers_complete = on_body = None
    on_message_complete = on_chunk_header = on_chunk_complete = None

    def __init__(self) -> None:
        self.headers: dict[bytes, bytes] = {}
        """Names in lower case."""
        self.target = b""

    def on_url(self, url: bytes) -> None:
        """The request line's target."""
        self.target = url

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line; httptools leaves white space at its end."""
        self.headers[name.lower()] = value.rstrip()


class ParsedAnswer(NamedTuple):
    """An answer's head and what it says about the connection."""

    status: int
    headers: Pairs
    content_length: int | None
    chunked: bool
    keep_alive: bool


class RawHeaders(Sequence[tuple[bytes, bytes]]):
    """The headers as they were sent, split when somebody asks: most requests never need them."""

    _pairs: Pairs | None = None

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    @overload
    def __getitem__(self, index: int) -> tuple[bytes, bytes]: ...
    @overload
    def __getitem__(self, index: slice) -> Pairs: ...
    def __getitem__(self, index: int | slice) -> tuple[bytes, bytes] | Pairs:
        """One of them, or some."""
        return self._split()[index]

    def __len__(self) -> int:
        """How many lines."""
        return len(self._split())

    def _split(self) -> Pairs:
        if self._pairs is None:
            lines = (line.partition(b":") for line in self._raw.split(b"\r\n")[1:-2])
            self._pairs = [(name, value.strip(b" \t")) for name, _, value in lines]
        return self._pairs


def cut_head(data: bytes, *, longest: int) -> tuple[bytes, bytes]:
    """The head that `data`, not empty, begins with, to its blank line, and the rest; an empty head when it is not whole yet.

    Blank lines before it, which some clients send after a body, are dropped. Raises BadMessage for what cannot become one.
    """
    if data[0] < _LETTER_A:
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
    lines = raw.count(b"\n") - 2
    if lines > most_headers:
        raise BadMessage(431, f"More than {most_headers} headers")
    request = ParsedRequest()
    method = _feed(httptools.HttpRequestParser(request), raw)
    if not raw.endswith(b" HTTP/1.1", 0, raw.find(b"\r\n")):
        _check_http_1_0(raw)
        request.http_1_0, request.keep_alive = True, False
    if len(request.headers) != lines:
        request.headers = _joined(RawHeaders(raw))
    headers = request.headers
    target = request.target
    if target[:1] != b"/":
        target = _origin_form(target, headers)
    if b"host" not in headers and not request.http_1_0:
        raise BadMessage(400, "Malformed request: no Host")
    length = headers.get(b"content-length")
    if b"transfer-encoding" in headers:
        _check_chunked(headers, http_1_0=request.http_1_0)
        request.chunked = True
    if b"connection" in headers:
        request.keep_alive = _keep_alive(headers[b"connection"], http_1_0=request.http_1_0)
    if b"expect" in headers:
        request.wants_continue = _expectation(headers[b"expect"], http_1_0=request.http_1_0)
    request.head = RequestHead(
        method, target, headers, RawHeaders(raw), None if length is None else _number(length), peer
    )
    return request


def parse_answer_head(raw: bytes) -> ParsedAnswer:
    """Read an answer's head, given from its first byte to its blank line. Raises BadMessage."""
    events = ParsedRequest()
    parser = httptools.HttpResponseParser(events)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        raise BadMessage(502, "Malformed answer: an upgrade nobody asked for") from None
    except httptools.HttpParserError as error:
        raise BadMessage(502, f"Malformed answer: {error}") from None
    headers = events.headers
    pairs = RawHeaders(raw)
    if len(pairs) != len(headers):
        headers = _joined(pairs)
    http_1_0 = raw.startswith(b"HTTP/1.0")
    chunked = b"transfer-encoding" in headers
    if chunked:
        _check_chunked(headers, http_1_0=http_1_0)
    length = headers.get(b"content-length")
    return ParsedAnswer(
        status=parser.get_status_code(),
        headers=list(pairs),
        content_length=None if length is None else _number(length),
        chunked=chunked,
        keep_alive=_keep_alive(headers.get(b"connection", b""), http_1_0=http_1_0),
    )


def _feed(parser: httptools.HttpRequestParser, raw: bytes) -> bytes:
    """Parse, and give the method."""
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        if parser.get_method() == b"CONNECT":
            raise BadMessage(501, "CONNECT is not served here") from None
        # Any other upgrade is an offer that a server may ignore (Java's client makes one on plain HTTP).
    except httptools.HttpParserError as error:
        raise BadMessage(400, f"Malformed request: {error}") from None
    method: bytes = parser.get_method()
    return method


def _check_http_1_0(raw: bytes) -> None:
    if not raw.endswith(b" HTTP/1.0", 0, raw.find(b"\r\n")):
        raise BadMessage(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here")


def _joined(pairs: RawHeaders) -> dict[bytes, bytes]:
    """The headers by lower-case name, when the parser has seen other names than there are lines."""
    headers: dict[bytes, bytes] = {}
    for name, value in ((n.lower(), v) for n, v in pairs):
        if not name or b"\n" in name or b"\n" in value:
            raise BadMessage(400, "Malformed request: ambiguous line endings")
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


def _check_chunked(headers: dict[bytes, bytes], *, http_1_0: bool) -> None:
    if b"content-length" in headers or http_1_0:
        raise BadMessage(400, "Malformed request: Transfer-Encoding beside another framing")
    if headers[b"transfer-encoding"].lower() != b"chunked":
        raise BadMessage(501, "No Transfer-Encoding but chunked is known here")


def _number(length: bytes) -> int:
    if not length.isdigit() or len(length) > _MOST_DIGITS:
        raise BadMessage(400, "Malformed request: Content-Length is not a number")
    return int(length)


def _keep_alive(connection: bytes, *, http_1_0: bool) -> bool:
    tokens = [token.strip().lower() for token in connection.split(b",")]
    if b"close" in tokens:
        return False
    return not http_1_0 or b"keep-alive" in tokens


def _expectation(value: bytes, *, http_1_0: bool) -> bool:
    if value.lower() != b"100-continue":
        raise BadMessage(417, "No expectation but 100-continue is met here")
    return not http_1_0
