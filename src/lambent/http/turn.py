"""The server's side of an Exchange: one request on a connection, and its answer."""

from collections.abc import Callable
from typing import Final, Protocol

from lambent.http.budget import Share
from lambent.http.exchange import BodySink, Digest, Headers, RequestHead
from lambent.http.framing import body_framing
from lambent.http.head import ParsedRequest
from lambent.http.incoming import CollectChunked, CollectKnown, Receiver, Streamed
from lambent.http.outlet import Outlet
from lambent.http.render import BODILESS, chunk, header_block, status_line

_OWN: Final = frozenset((b"connection", b"keep-alive", b"transfer-encoding"))
_SKIPPED_BYTES: Final = 65_536
"""Of a body that nobody wanted, read and thrown away to keep the connection; with a larger one it is closed."""


class Line(Protocol):
    """What a turn needs of its connection."""

    lost: bool
    """Whether the connection is no more."""

    def take(self, size: int) -> bytes | None:
        """The next `size` bytes of input if they are here already."""
        ...

    def reserve(self, size: int) -> Share | None:
        """A share of the budget for a body of `size` bytes; while it waits nothing is read."""
        ...

    def receive(self, receiver: Receiver, *, wants_continue: bool) -> None:
        """Read the body into `receiver`; a client that waits to be told to go on is told."""
        ...

    def hold(self) -> None:
        """Stop reading."""
        ...

    def unhold(self) -> None:
        """Read on."""
        ...

    def over(self, turn: "Turn") -> None:
        """The answer is out."""
        ...

    def failed(self) -> None:
        """The application made an answer that cannot be sent: say 500 instead."""
        ...

    def abort(self) -> None:
        """Drop the connection."""
        ...


class Turn:
    """One exchange. After `detach` the application speaks to nobody."""

    begun = False
    """Whether any of the answer may have been sent."""
    _done = False
    _decided = False
    _detached = False
    _chunked = False
    _mute = False
    _left: int | None = None
    _share: Share | None = None

    def __init__(self, *, line: Line, outlet: Outlet, request: ParsedRequest) -> None:
        # Defaults stand on the class: one of these is made for every request.
        self._line, self._outlet, self._request = line, outlet, request
        self.head: RequestHead = request.head
        """The request without its body."""
        self.body_whole = not self.head.content_length and not request.chunked
        self.keep = request.keep_alive
        """Whether the connection lives on after this answer."""

    @property
    def gone(self) -> bool:
        """Whether nobody hears an answer any more."""
        return self._detached or self._line.lost

    @property
    def untouched_bytes(self) -> int | None:
        """Length of a body that nobody has begun to read; None when unknown, or when the client may not send it."""
        if self._decided or self._request.chunked or self._request.wants_continue:
            return None
        return self._request.head.content_length or 0

    def detach(self) -> None:
        """From now on nothing reaches the client."""
        self._detached = True
        self._let_go()

    def collect(
        self,
        *,
        limit: int,
        then: Callable[[bytes], None],
        too_large: Callable[[], None],
        digest: Digest | None = None,
    ) -> None:
        """Read the whole body."""
        length = 0 if self.body_whole else self.head.content_length
        if length is not None and length > limit:
            too_large()
            return
        if self._decided:
            self._refuse_second_decision()
        self._decided = True
        body = None if length is None else self._line.take(length)
        if body is not None:
            self.body_whole = True
            if digest is not None:
                digest.update(body)
            then(body)
            return
        receiver: Receiver
        if length is None:
            receiver = CollectChunked(
                limit=limit, then=self._shrunk(then), too_large=too_large, digest=digest
            )
        else:
            receiver = CollectKnown(length=length, then=then, digest=digest)
        self._share = self._line.reserve(limit if length is None else length)
        self._line.receive(receiver, wants_continue=self._request.wants_continue)

    def stream(self, sink: BodySink) -> None:
        """Hand over the body as it comes."""
        if self._decided:
            self._refuse_second_decision()
        self._decided = True
        if self.body_whole:
            sink.end()
            return
        framing = body_framing(
            content_length=self.head.content_length, chunked=self._request.chunked
        )
        self._line.receive(
            Streamed(framing=framing, sink=sink), wants_continue=self._request.wants_continue
        )

    def pause(self) -> None:
        """Stop reading the body for now."""
        if not self.gone and not self.body_whole:
            self._line.hold()

    def resume(self) -> None:
        """Read on."""
        if not self.gone:
            self._line.unhold()

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the whole answer. Raises ValueError, and answers 500, when a header cannot be sent."""
        if self.begun:
            self._refuse_second_answer()
        if self._detached or self._line.lost:
            self.begun = self._done = True
            self._let_go()
            return
        try:
            block = header_block(headers)
        except ValueError:
            self._line.failed()
            raise
        self.begun = self._done = True
        if status in BODILESS:
            length = body = b""
        else:
            length = b"Content-Length: %d\r\n" % len(body)
        if self.head.method == b"HEAD":
            body = b""
        if self.keep and self.body_whole and not self._request.http_1_0:
            connection = b""
        else:
            connection = self._connection_line(may_keep=True)
        self._outlet.send((status_line(status), block, length, connection), body)
        if self._share is not None:
            self._let_go()
        self._line.over(self)

    def begin(self, status: int, headers: Headers) -> None:
        """Begin a streamed answer. Raises ValueError, and answers 500, when a header cannot be sent."""
        if self.begun:
            self._refuse_second_answer()
        if self.gone:
            self.begun = True
            return
        kept = [pair for pair in headers if pair[0].lower() not in _OWN]
        names = {name.lower(): value for name, value in kept}
        block = self._block(kept, length=names.get(b"content-length"))
        self.begun = True
        self._mute = status in BODILESS or self.head.method == b"HEAD"
        self._chunked = self._left is None and not self._mute and not self._request.http_1_0
        framing = b"Transfer-Encoding: chunked\r\n" if self._chunked else b""
        # Without chunks (HTTP/1.0) and length only the connection's end can tell the answer's.
        may_keep = self._chunked or self._mute or self._left is not None
        connection = self._connection_line(may_keep=may_keep)
        self._outlet.send((status_line(status), block, framing, connection), dated=b"date" in names)

    def write(self, data: bytes) -> bool:
        """Send a piece. Raises ValueError, and drops the connection, past the announced length."""
        if self._done or not self.begun:
            raise RuntimeError("write belongs between begin and finish")
        if self.gone or not data or self._mute:
            return self.gone or self._outlet.writable
        if self._chunked:
            self._outlet.write(chunk(data))
        else:
            if self._left is not None:
                if len(data) > self._left:
                    self._line.abort()
                    raise ValueError("the answer is longer than its Content-Length")
                self._left -= len(data)
            self._outlet.write(data)
        return self._outlet.writable

    def drained(self, call: Callable[[], None]) -> None:
        """Call `call` once more can be sent, or nobody listens."""
        if self.gone or self._outlet.writable:
            call()
        else:
            self._outlet.when_drained(call)

    def finish(self) -> None:
        """End a streamed answer; one shorter than announced drops the connection."""
        if self._done or not self.begun:
            raise RuntimeError("finish belongs after begin")
        self._done = True
        if self.gone:
            self._let_go()
        elif self._left and not self._mute:
            self._line.abort()
        else:
            if self._chunked:
                self._outlet.write(b"0\r\n\r\n")
            self._let_go()
            self._line.over(self)

    def abort(self) -> None:
        """Drop the connection."""
        self.begun = self._done = True
        if not self.gone:
            self._line.abort()
        self._let_go()

    def _block(self, headers: Headers, *, length: bytes | None) -> bytes:
        try:
            self._left = None if length is None else int(length)
            return header_block(headers)
        except ValueError:
            self._line.failed()
            raise

    def _connection_line(self, *, may_keep: bool) -> bytes:
        self.keep = self.keep and may_keep and (self.body_whole or self._may_skip())
        if not self.keep:
            return b"Connection: close\r\n"
        return b"Connection: keep-alive\r\n" if self._request.http_1_0 else b""

    def _shrunk(self, then: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """`then`, after the share for a body of unknown length is cut down to what came."""

        def whole(body: bytes) -> None:
            if self._share is not None:
                self._share.shrink(len(body))
            then(body)

        return whole

    def _may_skip(self) -> bool:
        untouched = self.untouched_bytes
        return untouched is not None and untouched <= _SKIPPED_BYTES

    def _let_go(self) -> None:
        share, self._share = self._share, None
        if share is not None:
            share.release()

    def _refuse_second_decision(self) -> None:
        raise RuntimeError("the body has been asked for already")

    def _refuse_second_answer(self) -> None:
        raise RuntimeError("the request has been answered already")
