"""Look-ups of names by UDP: each question goes on from a socket of its own, whose number nobody can guess, and back."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from lambent.sandbox.network.dns_message import LARGEST_QUERY, SERVER_FAILURE, Query, read_query
from lambent.sandbox.network.loop import Deadlines, Loop
from lambent.sandbox.network.upstreams import Names, Upstream

MOST: Final = 1_024
"""Questions under way, of everybody together."""
MOST_OF_ONE: Final = 128
"""Of one sandbox, so that none takes all; the C library asks two at a time."""
ATTEMPTS: Final = 3
_AT_ONCE: Final = 64
_LARGEST_ANSWER: Final = 65_535

Chance = Callable[[int], bytes]


class Datagrams:
    """Forwards what comes to one socket."""

    def __init__(
        self,
        sock: socket.socket,
        *,
        names: Names,
        loop: Loop,
        deadlines: Deadlines,
        chance: Chance,
    ) -> None:
        """`deadlines` are how long one name server may take; `chance` makes so many random bytes."""
        self._socket, self._names = sock, names
        self._loop, self._deadlines, self._chance = loop, deadlines, chance
        self._under_way: Counter[str] = Counter()
        loop.watch(sock, self._hear)

    def _hear(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                message, asker = self._socket.recvfrom(LARGEST_QUERY + 1)
            except OSError:  # nothing more, or an error about an answer that could not be delivered
                return
            query = read_query(message)
            if query is not None:
                self._take(query, asker)

    def _take(self, query: Query, asker: tuple[str, int]) -> None:
        if query.refusal is not None:
            self._answer(query.refused(query.refusal), asker)
        elif self._full(asker[0]):
            self._answer(query.refused(SERVER_FAILURE), asker)
        else:
            self._under_way[asker[0]] += 1
            _LookUp(query, asker, tries=attempts(self._names()), of=self).go_on()

    def _full(self, who: str) -> bool:
        return self._under_way[who] >= MOST_OF_ONE or self._under_way.total() >= MOST

    def _answer(self, message: bytes, asker: tuple[str, int]) -> None:
        with suppress(OSError):  # it is gone, or its buffer is full: it asks again
            self._socket.sendto(message, asker)

    def end(self, look_up: "_LookUp", message: bytes) -> None:
        """Answer, and forget the question."""
        who = look_up.asker[0]
        self._under_way[who] -= 1
        if not self._under_way[who]:
            del self._under_way[who]
        self._answer(message, look_up.asker)

    def ask(self, look_up: "_LookUp", upstream: Upstream) -> bool:
        """Send the question to a name server; False when it can't be."""
        sock = connected(upstream, socket.SOCK_DGRAM)
        if sock is None:
            return False
        number = int.from_bytes(self._chance(2), "big")
        try:
            sock.send(look_up.query.numbered(number))
        except OSError:
            sock.close()
            return False
        look_up.sock, look_up.number = sock, number
        self._loop.watch(sock, look_up.hear)
        self._deadlines.set(look_up, look_up.go_on)
        return True

    def close(self, look_up: "_LookUp") -> None:
        """Wait for that name server no longer."""
        if look_up.sock is not None:
            self._loop.close(look_up.sock)
            self._deadlines.forget(look_up)
            look_up.sock = None


class _LookUp:
    """One question under way."""

    __slots__ = ("_of", "_tries", "asker", "number", "query", "sock")

    def __init__(
        self, query: Query, asker: tuple[str, int], *, tries: Iterator[Upstream], of: Datagrams
    ) -> None:
        self.query, self.asker = query, asker
        self._tries, self._of = tries, of
        self.sock: socket.socket | None = None
        self.number = 0

    def go_on(self) -> None:
        """Ask the next name server, or give up."""
        self._of.close(self)
        for upstream in self._tries:
            if self._of.ask(self, upstream):
                return
        self._of.end(self, self.query.refused(SERVER_FAILURE))

    def hear(self) -> None:
        """Something came from the name server, or an error about it."""
        if self.sock is None:
            return
        try:
            message = self.sock.recv(_LARGEST_ANSWER)
        except BlockingIOError:
            return
        except OSError:  # nobody listens there
            self.go_on()
            return
        answer = self.query.answered_by(message, number=self.number)
        if answer is not None:
            self._of.close(self)
            self._of.end(self, answer)


def attempts(upstreams: Sequence[Upstream]) -> Iterator[Upstream]:
    """Whom to ask in turn: a lone name server twice, for a datagram can be lost."""
    return iter([*upstreams, *upstreams][:ATTEMPTS])


def connected(upstream: Upstream, kind: int) -> socket.socket | None:
    """A socket on its way to a name server; None where there is no way."""
    family = socket.AF_INET6 if ":" in upstream[0] else socket.AF_INET
    try:
        sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    except OSError:
        return None
    try:
        sock.connect(upstream)
    except BlockingIOError:
        return sock
    except OSError:
        sock.close()
        return None
    return sock
