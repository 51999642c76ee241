"""Look-ups of names by TCP, which answers that no datagram holds need: one question of a connection at a time."""

import socket
from collections import Counter
from collections.abc import Iterator
from typing import Final

from lambent.sandbox.network.dns_datagrams import attempts, connected
from lambent.sandbox.network.dns_message import (
    LARGEST_QUERY,
    SERVER_FAILURE,
    Query,
    read_query,
)
from lambent.sandbox.network.loop import Deadlines, Loop
from lambent.sandbox.network.upstreams import Names, Upstream

MOST: Final = 128
MOST_OF_ONE: Final = 8
_LENGTH: Final = 2
_GULP: Final = 65_536


class Streams:
    """Forwards what comes to one listener."""

    def __init__(
        self, listener: socket.socket, *, names: Names, loop: Loop, deadlines: Deadlines
    ) -> None:
        """`deadlines` are how long either side may be silent."""
        self._listener, self._names = listener, names
        self.loop, self.deadlines = loop, deadlines
        self._open: Counter[str] = Counter()
        loop.watch(listener, self._accept)

    def _accept(self) -> None:
        try:
            sock, (who, _) = self._listener.accept()
        except OSError:  # it is gone already
            return
        if self._open[who] >= MOST_OF_ONE or self._open.total() >= MOST:
            sock.close()
            return
        sock.setblocking(False)
        self._open[who] += 1
        _Conversation(sock, who, of=self).listen()

    def tries(self) -> Iterator[Upstream]:
        """Whom to ask in turn."""
        return attempts(self._names())

    def ended(self, who: str) -> None:
        """A conversation is over."""
        self._open[who] -= 1
        if not self._open[who]:
            del self._open[who]


class _Conversation:
    """A sandbox's connection, and while a question is under way the one to a name server."""

    def __init__(self, sock: socket.socket, who: str, *, of: Streams) -> None:
        self._sock, self._who, self._of = sock, who, of
        self._heard = b""
        self._upstream: socket.socket | None = None
        self._tries: Iterator[Upstream] = iter(())
        self._answer = b""
        self._query: Query | None = None
        self._unsent = b""

    def listen(self) -> None:
        """Wait for a question; one that was sent along with the last is taken at once."""
        self._of.deadlines.set(self, self._end)
        self._of.loop.watch(self._sock, self._hear)
        self._take()

    def _hear(self) -> None:
        piece = _received(self._sock)
        if piece is None:
            return
        if not piece:
            self._end()
            return
        self._heard += piece
        self._take()

    def _take(self) -> None:
        length = int.from_bytes(self._heard[:_LENGTH], "big")
        if len(self._heard) < _LENGTH:
            return
        if not 0 < length <= LARGEST_QUERY:
            self._end()
            return
        if len(self._heard) < _LENGTH + length:
            return
        message = self._heard[_LENGTH : _LENGTH + length]
        self._heard = self._heard[_LENGTH + length :]
        query = read_query(message)
        if query is None:
            self._end()
        elif query.refusal is not None:
            self._say(query.refused(query.refusal))
        else:
            self._query, self._tries = query, self._of.tries()
            self._ask_next()

    def _ask_next(self) -> None:
        self._hang_up()
        for upstream in self._tries:
            self._upstream = connected(upstream, socket.SOCK_STREAM)
            if self._upstream is not None:
                self._answer = b""
                self._of.deadlines.set(self, self._ask_next)
                self._of.loop.watch(self._upstream, self._ask, writing=True)
                # Meanwhile only the end of the sandbox's side matters, and the deadline sees to that.
                self._of.loop.watch(self._sock, self._overhear)
                return
        if self._query is not None:
            self._say(self._query.refused(SERVER_FAILURE))

    def _overhear(self) -> None:
        piece = _received(self._sock)
        if piece is None:
            return
        self._heard += piece
        if not piece or len(self._heard) > _LENGTH + LARGEST_QUERY:
            self._end()

    def _ask(self) -> None:
        if self._upstream is None or self._query is None:
            return
        message = self._query.message
        framed = len(message).to_bytes(_LENGTH, "big") + message
        try:
            sent = self._upstream.send(framed)
        except OSError:
            sent = 0
        if sent < len(framed):  # a fresh connection has room for it, or is none
            self._ask_next()
        else:
            self._of.loop.watch(self._upstream, self._hear_answer)

    def _hear_answer(self) -> None:
        if self._upstream is None or self._query is None:
            return
        piece = _received(self._upstream)
        if piece is None:
            return
        self._answer += piece
        length = int.from_bytes(self._answer[:_LENGTH], "big")
        whole = len(self._answer) >= _LENGTH + length and len(self._answer) > _LENGTH
        if whole:
            answer = self._answer[_LENGTH : _LENGTH + length]
            number = int.from_bytes(self._query.message[:2], "big")
            checked = self._query.answered_by(answer, number=number)
            self._hang_up()
            self._say(self._query.refused(SERVER_FAILURE) if checked is None else checked)
        elif not piece:
            self._ask_next()

    def _say(self, message: bytes) -> None:
        self._unsent = len(message).to_bytes(_LENGTH, "big") + message
        self._of.deadlines.set(self, self._end)
        self._of.loop.watch(self._sock, self._send, writing=True)

    def _send(self) -> None:
        try:
            sent = self._sock.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self._end()
            return
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            self.listen()

    def _hang_up(self) -> None:
        if self._upstream is not None:
            self._of.loop.close(self._upstream)
            self._upstream = None

    def _end(self) -> None:
        self._hang_up()
        self._of.deadlines.forget(self)
        self._of.loop.close(self._sock)
        self._of.ended(self._who)


def _received(sock: socket.socket) -> bytes | None:
    """What came; empty at the end or after an error, None when nothing is there yet."""
    try:
        return sock.recv(_GULP)
    except BlockingIOError:
        return None
    except OSError:
        return b""
