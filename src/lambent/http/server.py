"""The HTTP/1.1 server. Begin at `HttpServer.listen`; a connection's life is in `connection.py`."""

import asyncio
import socket
import sys
from collections.abc import Callable

from lambent.http.connection import Connection
from lambent.http.exchange import Application
from lambent.http.house import PLAIN_FAILURE, CannedAnswer, House
from lambent.http.limits import HttpLimits
from lambent.kit.clock import Clock
from lambent.kit.wheel import TimerWheel

_BACKLOG = 4_096


class Listening:
    """A socket that is listened on."""

    def __init__(
        self,
        *,
        server: asyncio.AbstractServer,
        members: set[Connection],
        forget: Callable[["Listening"], None],
    ) -> None:
        self._server, self._members, self._forget = server, members, forget

    def close(self) -> None:
        """Accept no more; connections made go on. May be called again."""
        self._server.close()
        self._forget(self)

    def abort(self) -> None:
        """Accept no more and drop the connections that came through here. May be called again."""
        self.close()
        for connection in tuple(self._members):
            connection.abort()


class HttpServer:
    """Serves applications on sockets that others made. One server may listen on any number of them."""

    def __init__(
        self,
        *,
        application: Application,
        clock: Clock,
        wheel: TimerWheel,
        limits: HttpLimits | None = None,
        failure: CannedAnswer = PLAIN_FAILURE,
    ) -> None:
        self._application, self._wheel = application, wheel
        self._house = House(
            clock=clock, wheel=wheel, limits=limits or HttpLimits(), failure=failure
        )
        self._listening: set[Listening] = set()

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return self._house.guests

    @property
    def bytes_in_flight(self) -> int:
        """How much of bodies is counted against the limit."""
        return self._house.budget.held

    async def listen(
        self,
        sock: socket.socket,
        *,
        application: Application | None = None,
        connections: int | None = None,
    ) -> Listening:
        """Accept on `sock`, which is bound and listens (TCP or unix, in whatever network namespace), serving `application`.

        `connections`: how many there may be here, further ones being dropped; they take no place of those elsewhere.
        The server works on a descriptor of its own: `sock` stays the caller's to close. A socket of a sandbox keeps its
        network namespace alive until both are closed.
        """
        loop = asyncio.get_running_loop()
        members: set[Connection] = set()

        def accept() -> Connection:
            return Connection(
                house=self._house,
                application=application or self._application,
                members=members,
                most=connections,
            )

        own = sock.dup()
        try:
            if own.family != socket.AF_UNIX:
                server = await loop.create_server(accept, sock=own, backlog=_BACKLOG)
            elif sys.version_info >= (3, 13):
                # The path belongs to whoever bound it.
                server = await loop.create_unix_server(
                    accept, sock=own, backlog=_BACKLOG, cleanup_socket=False
                )
            else:
                server = await loop.create_unix_server(accept, sock=own, backlog=_BACKLOG)
        except BaseException:
            own.close()
            raise
        listening = Listening(server=server, members=members, forget=self._listening.discard)
        self._listening.add(listening)
        return listening

    def abort(self) -> None:
        """Accept no more and drop every connection."""
        for listening in tuple(self._listening):
            listening.close()
        self._house.abort()

    async def drain(self, timeout_seconds: float) -> None:
        """Accept no more, answer what is outstanding, close; what is left after `timeout_seconds` is dropped.

        Cancelling drops it at once.
        """
        for listening in tuple(self._listening):
            listening.close()
        ended = asyncio.get_running_loop().create_future()

        def end() -> None:
            if not ended.done():
                ended.set_result(None)

        # Ended by the last connection or by the timer.
        timer = self._wheel.set(timeout_seconds, end)
        try:
            self._house.drain(end)
            await ended
        finally:
            timer.cancel()
            self._house.abort()
