"""Forwards sandboxes' look-ups of names to whom the host asks: a program's whole work, without any power."""

import socket
from typing import Final, Never

from lambent.kit.clock import Clock
from lambent.sandbox.network.dns_datagrams import Chance, Datagrams
from lambent.sandbox.network.dns_streams import Streams
from lambent.sandbox.network.loop import Deadlines, Loop
from lambent.sandbox.network.upstreams import Names

_DATAGRAM_SECONDS: Final = 1.5
"""Three of them are less than the five that the C library waits."""
_STREAM_SECONDS: Final = 3.0


class Forwarder:
    """Answers on two sockets that are bound already."""

    def __init__(
        self,
        *,
        udp: socket.socket,
        tcp: socket.socket,
        names: Names,
        clock: Clock,
        chance: Chance,
    ) -> None:
        self._loop = Loop()
        self._deadlines = (
            Deadlines(_DATAGRAM_SECONDS, clock=clock),
            Deadlines(_STREAM_SECONDS, clock=clock),
        )
        quick, patient = self._deadlines
        Datagrams(udp, names=names, loop=self._loop, deadlines=quick, chance=chance)
        Streams(tcp, names=names, loop=self._loop, deadlines=patient)

    def close(self) -> None:
        """Work no more: every socket is closed, those that it was given included."""
        self._loop.close_all()

    def turn(self, longest_seconds: float | None = None) -> None:
        """Wait for something to happen, and do it."""
        waits = [w for d in self._deadlines if (w := d.left()) is not None]
        if longest_seconds is not None:
            waits.append(longest_seconds)
        self._loop.turn(min(waits, default=None))
        for deadlines in self._deadlines:
            deadlines.turn()

    def run(self) -> Never:
        """Work until the process ends."""
        while True:
            self.turn()
