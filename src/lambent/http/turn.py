"""The server's side of an Exchange: one request on a connection, and its answer."""

from collections.abc import Callable
from enum import Enum
from typing import Final, Protocol

from lambent.http.budget import Share
from lambent.http.exchange import BodySink, Headers, RequestHead
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

    @property
    def lost(self) -> bool:
        """Whether the connection is no more."""
        ...

    @property
    def keeps(self) -> bool:
        """Whether connections are kept alive at the moment."""
        ...

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


class _Answer(Enum):
    NONE = "none"
    BEGUN = "begun"
    DONE = "done"


class Turn:
    """One exchange. After `detach` the application speaks to nobody."""

    __slots__ = (
        "_answer",
        "_chunked",
        "_decided",
        "_detached",
        "_left",
        "_line",
        "_mute",
        "_outlet",
        "_request",
        "_share",
        "body_whole",
        "keep",
    )

    def __init__(self, *, line: Line, outlet: Outlet, request: ParsedRequest) -> None:
        self._line, self._outlet, self._request = line, outlet, request
        self._answer = _Answer.NONE
        self._decided = self._detached = self._chunked = self._mute = False
        self._left: int | None = None
        self._share: Share | None = None
        self.body_whole = not request.chunked and not request.head.content_length
        self.keep = False
        """Whether the connection lives on after this answer; known once the answer begins."""

    @property
    def head(self) -> RequestHead:
        """The request without its body."""
        return self._request.head

    @property
    def gone(self) -> bool:
        """Whether nobody hears an answer any more."""
        return self._detached or self._line.lost

    @property
    def begun(self) -> bool:
        """Whether any of the answer may have been sent."""
        return self._answer is not _Answer.NONE

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
        self, *, limit: int, then: Callable[[bytes], None], too_large: Callable[[], None]
    ) -> None:
        """Read the whole body."""
        length = 0 if self.body_whole else self._request.head.content_length
        if length is not None and length > limit:
            self._refuse_second_decision()
            too_large()
            return
        self._decide()
        body = None if length is None else self._line.take(length)
        if body is not None:
            self.body_whole = True
            then(body)
            return
        receiver: Receiver
        if length is None:
            receiver = CollectChunked(limit=limit, then=self._shrunk(then), too_large=too_large)
        else:
            receiver = CollectKnown(length=length, then=then)
        self._share = self._line.reserve(limit if length is None else length)
        self._line.receive(receiver, wants_continue=self._request.wants_continue)

    def stream(self, sink: BodySink) -> None:
        """Hand over the body as it comes."""
        self._decide()
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
        if self._answer is not _Answer.NONE:
            self._refuse_second_answer()
        if self.gone:
            self._answer = _Answer.DONE
            self._let_go()
            return
        block = self._block(headers)
        self._answer = _Answer.DONE
        mute = status in BODILESS
        length = b"" if mute else b"Content-Length: %d\r\n" % len(body)
        head = b"%b%b%b%b%b\r\n" % (
            status_line(status),
            self._outlet.date(),
            block,
            length,
            self._connection_line(),
        )
        if mute or not body or self.head.method == b"HEAD":
            self._outlet.send(head)
        else:
            self._outlet.send(head, body)
        self._over()

    def begin(self, status: int, headers: Headers) -> None:
        """Begin a streamed answer. Raises ValueError, and answers 500, when a header cannot be sent."""
        if self._answer is not _Answer.NONE:
            self._refuse_second_answer()
        if self.gone:
            self._answer = _Answer.BEGUN
            return
        kept = [pair for pair in headers if pair[0].lower() not in _OWN]
        names = {name.lower(): value for name, value in kept}
        block = self._block(kept, length=names.get(b"content-length"))
        self._answer = _Answer.BEGUN
        date = b"" if b"date" in names else self._outlet.date()
        self._mute = status in BODILESS or self.head.method == b"HEAD"
        self._chunked = self._left is None and not self._mute and not self._request.http_1_0
        framing = b"Transfer-Encoding: chunked\r\n" if self._chunked else b""
        # Without chunks (HTTP/1.0) and length only the connection's end can tell the answer's.
        may_keep = self._chunked or self._mute or self._left is not None
        self._outlet.send(
            b"%b%b%b%b%b\r\n"
            % (status_line(status), date, block, framing, self._connection_line(may_keep=may_keep))
        )

    def write(self, data: bytes) -> bool:
        """Send a piece. Raises ValueError, and drops the connection, past the announced length."""
        if self._answer is not _Answer.BEGUN:
            raise RuntimeError("write belongs between begin and finish")
        if self.gone or not data or self._mute:
            return self.gone or self._outlet.writable
        if self._chunked:
            self._outlet.send(chunk(data))
        else:
            if self._left is not None:
                if len(data) > self._left:
                    self._line.abort()
                    raise ValueError("the answer is longer than its Content-Length")
                self._left -= len(data)
            self._outlet.send(data)
        return self._outlet.writable

    def drained(self, call: Callable[[], None]) -> None:
        """Call `call` once more can be sent, or nobody listens."""
        if self.gone or self._outlet.writable:
            call()
        else:
            self._outlet.when_drained(call)

    def finish(self) -> None:
        """End a streamed answer; one shorter than announced drops the connection."""
        if self._answer is not _Answer.BEGUN:
            raise RuntimeError("finish belongs after begin")
        self._answer = _Answer.DONE
        if self.gone:
            self._let_go()
        elif self._left and not self._mute:
            self._line.abort()
        else:
            if self._chunked:
                self._outlet.send(b"0\r\n\r\n")
            self._over()

    def abort(self) -> None:
        """Drop the connection."""
        self._answer = _Answer.DONE
        if not self.gone:
            self._line.abort()
        self._let_go()

    def _block(self, headers: Headers, length: bytes | None = None) -> bytes:
        try:
            self._left = None if length is None else int(length)
            return header_block(headers)
        except ValueError:
            self._line.failed()
            raise

    def _connection_line(self, *, may_keep: bool = True) -> bytes:
        self.keep = (
            may_keep
            and self._request.keep_alive
            and self._line.keeps
            and (self.body_whole or self._may_skip())
        )
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

    def _over(self) -> None:
        self._let_go()
        self._line.over(self)

    def _let_go(self) -> None:
        share, self._share = self._share, None
        if share is not None:
            share.release()

    def _decide(self) -> None:
        self._refuse_second_decision()
        self._decided = True

    def _refuse_second_decision(self) -> None:
        if self._decided:
            raise RuntimeError("the body has been asked for already")

    def _refuse_second_answer(self) -> None:
        raise RuntimeError("the request has been answered already")
