"""A pooled HTTP/1.1 client for one unix socket, callbacks throughout. Begin at `UnixClient.call`."""

import asyncio
from collections import deque
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from types import TracebackType
from typing import Final, Never, Self

from lambent.http.call import AnswerSink, Call
from lambent.http.client_connection import ClientConnection
from lambent.http.exchange import Headers
from lambent.http.render import header_block
from lambent.kit.backoff import Backoff
from lambent.kit.clock import Clock
from lambent.kit.tasks import background
from lambent.kit.wheel import TimerWheel

_BACKOFF: Final = Backoff(first_seconds=0.02, longest_seconds=0.05)
"""A unix socket of our own: trying costs nothing, and a step more is how late a caller is."""
_IDLE_CONNECTIONS: Final = 32


class UnixClient:
    """Calls a server on a unix socket; an async context manager that owns the task which connects.

    A connection carries one call at a time, and goes back to the pool only after a whole request and a whole answer.
    While the server is away, calls wait for it up to `patience_seconds`; nothing of them has been sent by then, so nothing can
    have been done twice.
    """

    def __init__(
        self,
        *,
        path: Path,
        clock: Clock,
        wheel: TimerWheel,
        backoff: Backoff = _BACKOFF,
        patience_seconds: float = 5.0,
        idle_seconds: float = 30.0,
        most_calls: int = 1_024,
    ) -> None:
        self._path, self._clock, self._wheel, self._backoff = path, clock, wheel, backoff
        self._patience_seconds, self._idle_seconds = patience_seconds, idle_seconds
        self._most_calls = most_calls
        self._scratch = bytearray(262_144)
        self._connections: set[ClientConnection] = set()
        self._idle: list[tuple[float, ClientConnection]] = []
        self._waiting: deque[tuple[float, Call]] = deque()
        self._wanted = asyncio.Event()
        self._connector: AbstractAsyncContextManager[None] | None = None

    async def __aenter__(self) -> Self:
        """Ready to call; connects when first called."""
        self._connector = background(connect=self._connect())
        await self._connector.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Drop all connections; calls under way are told that they failed."""
        if self._connector is not None:
            await self._connector.__aexit__(kind, error, trace)
        for connection in tuple(self._connections):
            connection.abort()
        while self._waiting:
            self._waiting.popleft()[1].fail("the client was closed")

    def call(
        self, *, method: bytes, target: bytes, headers: Headers, chunked: bool, sink: AnswerSink
    ) -> Call:
        """Send a request; its body, if any, follows by `write`, and `end` is called in any case.

        `headers` are sent as they are: a body of known length has its Content-Length among them, for another `chunked` adds
        the framing. Raises ValueError for a header with a line break.
        """
        framing = b"Transfer-Encoding: chunked\r\n" if chunked else b""
        head = b"%b %b HTTP/1.1\r\n%b%b\r\n" % (method, target, header_block(headers), framing)
        call = Call(head=head, bodiless=method == b"HEAD", chunked=chunked, sink=sink)
        connection = self._take_idle()
        if connection is not None:
            connection.carry(call)
        elif len(self._waiting) + len(self._connections) - len(self._idle) >= self._most_calls:
            asyncio.get_running_loop().call_soon(call.fail, "too many calls are outstanding")
        else:
            self._waiting.append((self._clock.monotonic() + self._patience_seconds, call))
            self._wanted.set()
        return call

    # What a connection calls

    def made(self, connection: ClientConnection) -> None:
        """A connection stands."""
        self._connections.add(connection)

    def free(self, connection: ClientConnection) -> None:
        """A call is over and its connection as good as new."""
        while self._waiting:
            _, call = self._waiting.popleft()
            if not call.over:
                connection.carry(call)
                return
        if len(self._idle) < _IDLE_CONNECTIONS:
            self._idle.append((self._clock.monotonic(), connection))
        else:
            connection.abort()

    def closed(self, connection: ClientConnection) -> None:
        """A connection is no more."""
        self._connections.discard(connection)
        self._idle = [entry for entry in self._idle if entry[1] is not connection]

    # Inside

    def _take_idle(self) -> ClientConnection | None:
        """The connection used last, unless it idled so long that the server may be about to close it."""
        while self._idle:
            since, connection = self._idle.pop()
            if self._clock.monotonic() - since < self._idle_seconds:
                return connection
            connection.abort()
        return None

    async def _connect(self) -> Never:
        """Make a connection for each call that waits, one after the other; a unix socket accepts or refuses at once."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while True:
            # Ended by the next call.
            await self._wanted.wait()
            self._give_up_overdue()
            if not self._waiting:
                self._wanted.clear()
                continue
            try:
                _, connection = await loop.create_unix_connection(
                    self._new_connection, str(self._path)
                )
            except OSError:
                attempt += 1
                await self._pause(self._backoff.before(attempt))
            else:
                attempt = 0
                self.free(connection)

    def _new_connection(self) -> ClientConnection:
        return ClientConnection(pool=self, scratch=self._scratch)

    def _give_up_overdue(self) -> None:
        now = self._clock.monotonic()
        while self._waiting and (self._waiting[0][1].over or self._waiting[0][0] <= now):
            self._waiting.popleft()[1].fail("the server cannot be reached")

    async def _pause(self, seconds: float) -> None:
        paused = asyncio.get_running_loop().create_future()

        def end() -> None:
            if not paused.done():
                paused.set_result(None)

        timer = self._wheel.set(seconds, end)
        try:
            # Ended by the timer.
            await paused
        finally:
            timer.cancel()
