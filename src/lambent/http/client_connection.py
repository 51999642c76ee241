"""One of the client's connections: a call at a time."""

import asyncio
from typing import Final, Protocol

from lambent.http.call import Call
from lambent.http.framing import ChunkedFraming, Framing, LengthFraming, UntilClosed
from lambent.http.head import BadMessage, ParsedAnswer, cut_head, parse_answer_head
from lambent.http.render import BODILESS

_LONGEST_HEAD: Final = 262_144


class Pool(Protocol):
    """Whom a connection belongs to."""

    def made(self, connection: "ClientConnection") -> None:
        """It stands."""
        ...

    def free(self, connection: "ClientConnection") -> None:
        """It may carry another call."""
        ...

    def closed(self, connection: "ClientConnection") -> None:
        """It is no more."""
        ...


class ClientConnection(asyncio.BufferedProtocol):
    """Sends a call's request and reads its answer; anything out of turn closes it."""

    __slots__ = (
        "_call",
        "_eof",
        "_framing",
        "_keep_alive",
        "_pending",
        "_pool",
        "_scratch",
        "_transport",
        "_writable",
    )
    _transport: asyncio.Transport

    def __init__(self, *, pool: Pool, scratch: bytearray) -> None:
        self._pool, self._scratch = pool, scratch
        self._call: Call | None = None
        self._framing: Framing | None = None
        self._pending = b""
        self._keep_alive = self._eof = False
        self._writable = True

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        # uvloop's transports are not instances of asyncio.Transport, but have all of its methods.
        self._transport = transport  # type: ignore[assignment]  # see above
        self._pool.made(self)

    def get_buffer(self, sizehint: int) -> bytearray:
        """Where all connections of the client read, one after the other."""
        del sizehint
        return self._scratch

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes of the answer came."""
        data = bytes(memoryview(self._scratch)[:nbytes])
        call = self._call
        if call is None:
            self._transport.abort()
            return
        try:
            if self._framing is None:
                self._pending += data
                self._read_head(call)
            else:
                self._read_body(call, data)
        except BadMessage as error:
            self._transport.abort()
            call.fail(error.text)

    def eof_received(self) -> bool:
        """The server closed."""
        self._eof = True
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more."""
        self._pool.closed(self)
        call, self._call = self._call, None
        if call is None:
            return
        if isinstance(self._framing, UntilClosed) and self._eof:
            call.answer_ended()
        else:
            call.fail(f"the connection was lost: {exc or 'closed by the server'}")

    def pause_writing(self) -> None:
        """The server reads more slowly than we write."""
        self._writable = False

    def resume_writing(self) -> None:
        """It has caught up."""
        self._writable = True
        if self._call is not None:
            self._call.writable()

    # What a call and the pool call

    def carry(self, call: Call) -> None:
        """Send `call` and read its answer."""
        self._call, self._framing, self._pending = call, None, b""
        call.attach(self)

    def send(self, data: bytes) -> bool:
        """Write; False asks to wait."""
        self._transport.write(data)
        return self._writable

    def pause_reading(self) -> None:
        """Stop reading."""
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        """Read on."""
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def abort(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    # Inside

    def _read_head(self, call: Call) -> None:
        head, rest = cut_head(self._pending, longest=_LONGEST_HEAD)
        self._pending = rest
        if not head:
            return
        answer = parse_answer_head(head)
        if answer.status < 200:
            if rest:
                self._read_head(call)
            return
        self._pending = b""
        self._framing = _framing_of(answer, bodiless=call.bodiless)
        self._keep_alive = answer.keep_alive
        call.answer_begun(answer.status, answer.headers)
        self._read_body(call, rest)

    def _read_body(self, call: Call, data: bytes) -> None:
        framing = self._framing
        if framing is None:
            return
        piece, rest = framing.feed(data)
        if piece:
            call.answer_piece(piece)
        if framing.done:
            self._call = None
            reusable = (
                call.uploaded
                and not call.over
                and self._keep_alive
                and not rest
                and not self._transport.is_closing()
            )
            call.answer_ended()
            if reusable:
                self._transport.resume_reading()
                self._pool.free(self)
            else:
                self._transport.abort()


def _framing_of(answer: ParsedAnswer, *, bodiless: bool) -> Framing:
    if bodiless or answer.status in BODILESS:
        return LengthFraming(0)
    if answer.chunked:
        return ChunkedFraming()
    if answer.content_length is None:
        return UntilClosed()
    return LengthFraming(answer.content_length)
