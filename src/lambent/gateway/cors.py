"""What browsers want to read on answers to pages of another origin."""

import re
from collections.abc import Callable
from typing import Final

from lambent.http.exchange import BodySink, Digest, Exchange, Headers, RequestHead

_TOKENS: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~, -]*")
_METHODS: Final = b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
_MAX_AGE: Final = b"86400"
_EXPOSED: Final = (
    b"x-amzn-RequestId, x-amzn-ErrorType, x-amzn-ErrorMessage, x-amzn-Trace-Id, x-amz-function-error,"
    b" x-amz-log-result, x-amz-executed-version, x-amz-request-id, x-amz-id-2, Date, ETag, Location, Retry-After"
)
_VARY: Final = (b"Vary", b"Origin")


def answer_preflight(exchange: Exchange, *, origin: bytes) -> None:
    """Tell the browser that a page of `origin`, allowed already, may send its request."""
    asked = exchange.head.headers
    headers = [
        (b"Access-Control-Allow-Origin", origin),
        (b"Access-Control-Allow-Methods", _METHODS),
        (b"Access-Control-Max-Age", _MAX_AGE),
        _VARY,
    ]
    wanted = asked.get(b"access-control-request-headers", b"")
    # Named one by one: `*` would not cover Authorization.
    if wanted and _TOKENS.fullmatch(wanted) is not None:
        headers.append((b"Access-Control-Allow-Headers", wanted))
    if asked.get(b"access-control-request-private-network") == b"true":
        headers.append((b"Access-Control-Allow-Private-Network", b"true"))
    exchange.respond(204, headers, b"")


class CorsExchange:
    """An exchange whose answer a page of `origin` may read. Only made for requests that name one."""

    def __init__(self, exchange: Exchange, *, origin: bytes) -> None:
        self._exchange = exchange
        self._added = (
            (b"Access-Control-Allow-Origin", origin),
            (b"Access-Control-Expose-Headers", _EXPOSED),
            _VARY,
        )

    @property
    def head(self) -> RequestHead:
        """The request without its body."""
        return self._exchange.head

    @property
    def gone(self) -> bool:
        """Whether the client has closed its connection."""
        return self._exchange.gone

    def collect(
        self,
        *,
        limit: int,
        then: Callable[[bytes], None],
        too_large: Callable[[], None],
        digest: Digest | None = None,
    ) -> None:
        """Read the whole body."""
        self._exchange.collect(limit=limit, then=then, too_large=too_large, digest=digest)

    def stream(self, sink: BodySink) -> None:
        """Hand over the body as it comes."""
        self._exchange.stream(sink)

    def pause(self) -> None:
        """Stop reading the body for now."""
        self._exchange.pause()

    def resume(self) -> None:
        """Read on."""
        self._exchange.resume()

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the whole answer, readable by the page."""
        self._exchange.respond(status, self._readable(headers), body)

    def begin(self, status: int, headers: Headers) -> None:
        """Begin a streamed answer, readable by the page."""
        self._exchange.begin(status, self._readable(headers))

    def write(self, data: bytes) -> bool:
        """Send a piece."""
        return self._exchange.write(data)

    def drained(self, call: Callable[[], None]) -> None:
        """Call once more can be sent."""
        self._exchange.drained(call)

    def finish(self) -> None:
        """End a streamed answer."""
        self._exchange.finish()

    def abort(self) -> None:
        """Drop the connection."""
        self._exchange.abort()

    def _readable(self, headers: Headers) -> Headers:
        """With ours, unless the application speaks of other origins itself (two of them would make the browser refuse)."""
        if any(name.lower() == b"access-control-allow-origin" for name, _ in headers):
            return headers
        return (*headers, *self._added)
