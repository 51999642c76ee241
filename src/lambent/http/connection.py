"""One client's connection: bytes in, one exchange after the other, bytes out."""

import asyncio
import json
import logging
import socket
from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from lambent.http.budget import Share
from lambent.http.exchange import Application
from lambent.http.framing import LengthFraming
from lambent.http.head import BadMessage, cut_head, parse_request_head
from lambent.http.house import CannedAnswer, House
from lambent.http.incoming import Discarded, Receiver
from lambent.http.outlet import Outlet
from lambent.http.patience import Patience
from lambent.http.render import CONTINUE
from lambent.http.turn import Turn

_REQUESTS_AT_ONCE = 64
"""Of one connection, when all are answered at once, before others have their turn."""
_log = logging.getLogger(__name__)
_Arguments = TypeVarTuple("_Arguments")
_Result = TypeVar("_Result")


class Connection(asyncio.BufferedProtocol):
    """Reads requests one at a time: while an answer is outstanding nothing further is parsed, so answers keep their order.

    A half-close by the client is not a disconnect: what it sent before is still answered.
    """

    __slots__ = (
        "_application",
        "_eof",
        "_held",
        "_house",
        "_lingering",
        "_members",
        "_most",
        "_outlet",
        "_owes_continue",
        "_patience",
        "_peer",
        "_pending",
        "_reading",
        "_receiver",
        "_running",
        "_transport",
        "_turn",
        "lost",
    )
    _transport: asyncio.Transport
    _outlet: Outlet

    def __init__(
        self,
        *,
        house: House,
        application: Application,
        members: set["Connection"],
        most: int | None = None,
    ) -> None:
        """`most`: how many `members` there may be, counted apart from everybody else's."""
        self._house, self._application = house, application
        self._members, self._most = members, most
        self._patience = Patience(limits=house.limits)
        self._peer = ""
        self._pending = b""
        self._turn: Turn | None = None
        self._receiver: Receiver | None = None
        self._reading = True
        self._running = self._held = self._owes_continue = False
        self._eof = self._lingering = self.lost = False

    # What the event loop calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; one connection too many is told so."""
        # uvloop's transports are not instances of asyncio.Transport, but have all of its methods.
        self._transport = transport  # type: ignore[assignment]  # see above
        self._peer = _peer_of(transport)
        self._outlet = Outlet(house=self._house, transport=self._transport)
        self._house.enter(self, apart=self._most is not None)
        self._members.add(self)
        self._patience.since = self._house.now
        if self._most is None and self._house.full:
            self._refuse(503, "Too many connections")
        elif self._most is not None and len(self._members) > self._most:
            self._transport.abort()  # a word would have to be waited for

    def get_buffer(self, sizehint: int) -> bytearray | memoryview:
        """Where to read: straight into a large body's buffer, or where everybody reads."""
        del sizehint
        if self._receiver is not None and not self._pending:
            room = self._receiver.room()
            if room is not None:
                return room
        return self._house.scratch

    def buffer_updated(self, nbytes: int) -> None:
        """Bytes came."""
        if self._lingering:
            if self._patience.discarded(nbytes):
                self._transport.abort()
            return
        receiver = self._receiver
        if receiver is not None:
            self._patience.received(nbytes, self._house.now)
            if not self._pending and receiver.room() is not None:
                receiver.filled(nbytes)
                self._advance()
                return
        data = self._house.scratch_view[:nbytes].tobytes()
        self._pending = self._pending + data if self._pending else data
        self._advance()

    def eof_received(self) -> bool:
        """The client sends no more; True keeps the connection for the answer."""
        self._eof = True
        if self._lingering:
            return False
        self._advance()
        return not self.lost and not self._transport.is_closing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is no more; whatever the reason, nobody is there to care."""
        del exc
        self.lost = True
        self._house.leave(self, apart=self._most is not None)
        self._members.discard(self)
        receiver, self._receiver = self._receiver, None
        turn, self._turn = self._turn, None
        drained = self._outlet.resume()
        if turn is not None and not turn.body_whole:
            turn.detach()
        if receiver is not None:
            self._guard(receiver.lost)
        if drained is not None:
            self._guard(drained)

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self._outlet.pause()

    def resume_writing(self) -> None:
        """It has caught up."""
        drained = self._outlet.resume()
        if drained is not None:
            self._guard(drained)
        if not self.lost:
            self._advance()

    # What the house calls

    def check(self, now: int) -> None:
        """Close if a deadline has passed."""
        if self._patience.reads_nothing(self._transport.get_write_buffer_size(), now):
            self._transport.abort()
        elif self._transport.is_closing():
            return
        elif self._lingering:
            if self._patience.lingered_enough(now):
                self._transport.abort()
        elif self._receiver is not None:
            if not self._held and self._patience.body_too_slow(now):
                self._refuse(408, "The body comes too slowly")
        elif self._turn is None and self._outlet.writable:
            self._check_idle(now)

    def retire(self) -> None:
        """Close now if nothing runs; else the answer that is outstanding is the last."""
        if self._turn is not None:
            self._turn.keep = False
        elif self._receiver is None and not self._lingering:
            self._transport.close()

    def abort(self) -> None:
        """Drop the connection."""
        self._transport.abort()

    # What a turn calls

    def take(self, size: int) -> bytes | None:
        """The next `size` bytes if they are here."""
        pending = self._pending
        if len(pending) < size:
            return None
        if len(pending) == size:
            self._pending = b""
            return pending
        self._pending = pending[size:]
        return pending[:size]

    def reserve(self, size: int) -> Share | None:
        """A share of the budget; while it waits nothing is read."""
        if size <= self._house.limits.small_body_bytes:
            return None
        share = self._house.budget.ask(size, self.unhold)
        if share.waiting:
            self.hold()
        return share

    def receive(self, receiver: Receiver, *, wants_continue: bool) -> None:
        """Read a body into `receiver`."""
        self._receiver, self._owes_continue = receiver, wants_continue
        self._patience.begin_body(self._house.now)
        if not self._held:
            self._go_on()

    def hold(self) -> None:
        """Stop reading."""
        self._held = True
        self._settle_reading()

    def unhold(self) -> None:
        """Read on."""
        if self._held:
            self._held = False
            self._patience.resumed(self._house.now)
            self._go_on()

    def over(self, turn: Turn) -> None:
        """The answer is out: on to the next request, or to the end."""
        self._turn = None
        self._patience.since = self._house.now
        if not turn.keep or self._house.draining:
            self._receiver = None
            self._end(clean=turn.body_whole and not self._pending)
            return
        if not turn.body_whole:
            framing = LengthFraming(turn.untouched_bytes or 0)
            self._receiver = Discarded(framing=framing)
            self._patience.begin_body(self._house.now)
        self._held = False
        if not self._running:
            self._advance()

    def failed(self) -> None:
        """Answer 500, or drop the connection if an answer has begun."""
        self._break_off(self._house.failure)

    # Inside

    def _go_on(self) -> None:
        """Have the client send its body, and take what is here of it."""
        owed, self._owes_continue = self._owes_continue, False
        if owed and not self._pending and not self.lost:
            self._transport.write(CONTINUE)
        self._advance()

    def _advance(self) -> None:
        """Do whatever the bytes at hand allow; nested calls leave it to the outermost."""
        if self._running:
            return
        self._running = True
        try:
            for _ in range(_REQUESTS_AT_ONCE):
                if self._lingering or self.lost:
                    return
                if self._receiver is not None:
                    if self._held or not self._step_body(self._receiver):
                        break
                elif self._turn is not None or not self._pending or not self._step_head():
                    break
            else:
                asyncio.get_running_loop().call_soon(self._advance)
                return
        finally:
            self._running = False
        if self._eof:
            self._after_eof()
        elif self._pending or self._held or not self._reading:
            self._settle_reading()

    def _step_head(self) -> bool:
        """Take the next request from the bytes at hand, if its head is whole and the client reads its answers."""
        if not self._outlet.writable or self._transport.is_closing():
            return False
        limits = self._house.limits
        try:
            head, self._pending = cut_head(self._pending, longest=limits.head_bytes)
            if not head:
                if self._pending and self._patience.head_since is None:
                    self._patience.head_since = self._house.now
                return False
            request = parse_request_head(head, peer=self._peer, most_headers=limits.headers)
        except BadMessage as error:
            self._refuse(error.status, error.text)
            return False
        self._patience.head_since = None
        turn = self._turn = Turn(line=self, outlet=self._outlet, request=request)
        self._guard(self._application.begin, turn)
        return True

    def _step_body(self, receiver: Receiver) -> bool:
        """Give the receiver the bytes at hand, and the application its body when it is whole."""
        if self._pending and not receiver.done:
            data, self._pending = self._pending, b""
            rest = self._guard(receiver.feed, data)
            if self._receiver is not receiver:
                return not self.lost
            self._pending = rest or b""
        if not receiver.done:
            return False
        self._receiver = None
        if self._turn is not None:
            self._turn.body_whole = receiver.whole
        self._guard(receiver.complete)
        return True

    def _check_idle(self, now: int) -> None:
        if self._patience.head_too_slow(now):
            self._refuse(408, "The request's head comes too slowly")
        elif self._patience.idle_too_long(now):
            self._transport.close()

    def _after_eof(self) -> None:
        """Close, unless something that the client sent before is still to be answered."""
        cut_short = self._receiver is not None and not self._held
        unanswered = self._turn is not None or self._receiver is not None
        unparsed = bool(self._pending) and not self._outlet.writable
        if cut_short or not (unanswered or unparsed):
            self._transport.close()

    def _settle_reading(self) -> None:
        """Read exactly when somebody takes what comes."""
        if self.lost or self._eof or self._transport.is_closing():
            return
        crowded = (
            self._receiver is None
            and (self._turn is not None or not self._outlet.writable)
            and len(self._pending) > self._house.limits.pipelined_bytes
        )
        wanted = self._lingering or not (self._held or crowded)
        if wanted and not self._reading:
            self._transport.resume_reading()
        elif self._reading and not wanted:
            self._transport.pause_reading()
        self._reading = wanted

    def _refuse(self, status: int, text: str) -> None:
        """Answer that the client did wrong, and close."""
        body = json.dumps({"message": text}).encode()
        headers = ((b"Content-Type", b"application/json"),)
        self._break_off(CannedAnswer(status=status, headers=headers, body=body))

    def _break_off(self, answer: CannedAnswer) -> None:
        """End the connection with `answer`, or without one when another was begun."""
        turn, self._turn = self._turn, None
        receiver, self._receiver = self._receiver, None
        begun = turn is not None and turn.begun
        if turn is not None:
            turn.detach()
        if receiver is not None:
            self._guard(receiver.lost)
        if self.lost or self._transport.is_closing():
            return
        if begun:
            self._transport.abort()
            return
        self._outlet.send_canned(answer)
        self._end(clean=False)

    def _end(self, *, clean: bool) -> None:
        """Close after what is written; not `clean`, the client may still be sending: closing would reset its answer away."""
        self._pending = b""
        if clean or self._eof:
            self._transport.close()
            return
        self._lingering = True
        self._patience.since = self._house.now
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._settle_reading()

    def _guard(self, call: Callable[[*_Arguments], _Result], *args: *_Arguments) -> _Result | None:
        """Call the application; what it raises is logged once and answered 500."""
        try:
            return call(*args)
        except BadMessage as error:
            self._refuse(error.status, error.text)
        except Exception:  # noqa: BLE001 - the seam of HTTP requests: a bug above must not end the server
            head = None if self._turn is None else self._turn.head
            _log.exception(
                "An application failed at %s",
                "a body" if head is None else f"{head.method!r} {head.target!r}",
            )
            self._break_off(self._house.failure)
        return None


def _peer_of(transport: asyncio.BaseTransport) -> str:
    """The client's address; nothing on a unix socket."""
    sock: socket.socket | None = transport.get_extra_info("socket")
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return ""
    name = transport.get_extra_info("peername")
    return str(name[0]) if name else ""
