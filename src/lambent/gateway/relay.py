"""Passes on to control whatever is not an invocation, byte for byte, both bodies streaming."""

import json
from typing import Final, Protocol

from lambent.http.call import AnswerSink, Call
from lambent.http.exchange import Exchange, Headers, RequestHead
from lambent.kit.ids import Ids
from lambent.model.limits import MAX_CONTROL_REQUEST_BYTES

_HOP_BY_HOP: Final = frozenset(
    (
        b"connection",
        b"expect",
        b"http2-settings",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    )
)
PRIVATE_PREFIX: Final = b"x-lambent-"
PEER_HEADER: Final = b"x-lambent-peer"


class Upstream(Protocol):
    """Where requests are passed on to."""

    def call(
        self, *, method: bytes, target: bytes, headers: Headers, chunked: bool, sink: AnswerSink
    ) -> Call:
        """Send a request; see `http.client.UnixClient.call`."""
        ...


def end_to_end(headers: Headers, *, connection: bytes) -> list[tuple[bytes, bytes]]:
    """`headers` without those that concern one connection only, `connection` being the value of `Connection`."""
    named = {token.strip().lower() for token in connection.split(b",")}
    return [
        pair
        for pair in headers
        if (name := pair[0].lower()) not in _HOP_BY_HOP and name not in named
    ]


def forwarded_headers(exchange: Exchange) -> list[tuple[bytes, bytes]]:
    """What control sees: the client's headers as sent, and its address where nobody else can have put it."""
    head = exchange.head
    kept = end_to_end(head.raw_headers, connection=head.headers.get(b"connection", b""))
    kept = [pair for pair in kept if not pair[0].lower().startswith(PRIVATE_PREFIX)]
    kept.append((PEER_HEADER, head.peer.encode()))
    return kept


def _never_wanted(head: RequestHead) -> bool:
    """Whether control refuses by the head alone, and the client waits to be told to send its body."""
    return b"expect" in head.headers and (head.content_length or 0) > MAX_CONTROL_REQUEST_BYTES


class RelayApplication:
    """Serves by asking control.

    Control that cannot be reached in time answers 503, as does one that dies with the request: AWS's clients try again.
    """

    def __init__(self, *, upstream: Upstream, ids: Ids) -> None:
        self._upstream, self._ids = upstream, ids

    def begin(self, exchange: Exchange) -> None:
        """Pass on."""
        _Relayed(exchange=exchange, request_id=self._ids.uuid()).begin(self._upstream)


class _Relayed:
    """One request on its way: the sink of its body and of its answer."""

    _call: Call

    def __init__(self, *, exchange: Exchange, request_id: str) -> None:
        self._exchange, self._request_id = exchange, request_id
        self._begun = False

    def begin(self, upstream: Upstream) -> None:
        """Call control."""
        head = self._exchange.head
        self._call = upstream.call(
            method=head.method,
            target=head.target,
            headers=forwarded_headers(self._exchange),
            chunked=b"transfer-encoding" in head.headers,
            sink=self,
        )
        if not _never_wanted(head):
            self._exchange.stream(self)

    # The request's body

    def piece(self, data: bytes) -> None:
        """Send on; a control that does not keep up holds the client back."""
        if not self._call.write(data):
            self._exchange.pause()

    def end(self) -> None:
        """The request is whole."""
        self._call.end()

    def lost(self) -> None:
        """The client left before its request was whole: nothing is to be done."""
        self._call.cancel()

    def writable(self) -> None:
        """Control takes more."""
        self._exchange.resume()

    # Its answer

    def answer_begun(self, status: int, headers: Headers) -> None:
        """Begin the same answer."""
        connection = next((v for n, v in headers if n.lower() == b"connection"), b"")
        self._begun = True
        self._exchange.begin(status, end_to_end(headers, connection=connection))

    def answer_piece(self, data: bytes) -> None:
        """Send on; a client that does not keep up holds control back."""
        if not self._exchange.write(data):
            self._call.pause()
            self._exchange.drained(self._call.resume)

    def answer_ended(self) -> None:
        """The answer is whole."""
        self._exchange.finish()

    def failed(self, reason: str) -> None:
        """There is no answer, or only half of one."""
        if self._begun:
            self._exchange.abort()
            return
        message = f"lambent's control process did not answer: {reason}"
        self._exchange.respond(
            503,
            (
                (b"Content-Type", b"application/json"),
                (b"x-amzn-RequestId", self._request_id.encode()),
                (b"x-amzn-ErrorType", b"ServiceUnavailableException"),
            ),
            json.dumps({"Type": "Server", "message": message}).encode(),
        )
