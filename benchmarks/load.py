"""A client that sends one prepared request over and over, on keep-alive connections, for a bounded time and count."""

import asyncio
import re
import time
from collections import Counter
from dataclasses import dataclass, field

_LENGTH = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_LONGEST_HEAD = 65_536


class LoadFailed(Exception):
    """A connection broke, or what came back is not what this client can read."""


@dataclass(slots=True)
class Sample:
    """What a run saw."""

    seconds: float = 0.0
    latencies_us: list[float] = field(default_factory=list)
    """Of the answers with status 200."""
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def answered(self) -> int:
        """How many requests were answered 200."""
        return len(self.latencies_us)

    @property
    def refused(self) -> int:
        """How many were answered otherwise."""
        return sum(self.statuses.values()) - self.answered

    def quantile_us(self, q: float) -> float:
        """The latency that a share `q` of the answers stayed within."""
        ordered = sorted(self.latencies_us)
        return ordered[min(int(len(ordered) * q), len(ordered) - 1)] if ordered else float("nan")


class _Connection(asyncio.Protocol):
    """Sends, waits for the whole answer, sends again."""

    def __init__(self, load: "_Load") -> None:
        self._load = load
        self._head = b""
        self._missing = 0
        self._status = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._load.opened(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost(self, exc)

    def stop(self) -> None:
        self._transport.close()

    def send(self) -> None:
        self._sent_at = time.perf_counter()
        self._transport.write(self._load.request)  # type: ignore[attr-defined]  # a TCP transport

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        elif not self._begin(data):
            return
        if self._missing <= 0:
            took = (time.perf_counter() - self._sent_at) * 1e6
            self._missing, status = 0, self._status
            self._load.answered(self, status, took)

    def _begin(self, data: bytes) -> bool:
        """Whether the head is whole; then `_missing` is what the body still lacks."""
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            if len(self._head) > _LONGEST_HEAD:
                self._load.fail("an endless head")
            return False
        length = _LENGTH.search(self._head, 0, end)
        if length is None:
            self._load.fail("an answer without Content-Length")
            return False
        self._status = int(self._head[9:12])
        self._missing = int(length[1]) - (len(self._head) - end - 4)
        self._head = b""
        return True


class _Load:
    """All connections of one run."""

    def __init__(self, request: bytes, *, connections: int, seconds: float, most: int) -> None:
        self.request = request
        self.sample = Sample()
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting_for, self._seconds, self._left = connections, seconds, most
        self._open: set[_Connection] = set()
        self._started = self._until = 0.0

    def opened(self, connection: _Connection) -> None:
        self._open.add(connection)
        self._waiting_for -= 1
        if not self._waiting_for:
            self._started = time.perf_counter()
            self._until = self._started + self._seconds
            for each in list(self._open):
                self._next(each)

    def answered(self, connection: _Connection, status: int, microseconds: float) -> None:
        self.sample.statuses[status] += 1
        if status == 200:
            self.sample.latencies_us.append(microseconds)
        self._next(connection)

    def lost(self, connection: _Connection, error: Exception | None) -> None:
        if connection in self._open:
            self.fail(f"the connection broke: {error or 'closed by the server'}")

    def fail(self, reason: str) -> None:
        if not self.over.done():
            self.over.set_exception(LoadFailed(reason))

    def _next(self, connection: _Connection) -> None:
        if self._left > 0 and time.perf_counter() < self._until:
            self._left -= 1
            connection.send()
            return
        self._open.discard(connection)
        connection.stop()
        if not self._open and not self.over.done():
            self.sample.seconds = time.perf_counter() - self._started
            self.over.set_result(None)

    def stop(self) -> None:
        for connection in list(self._open):
            self._open.discard(connection)
            connection.stop()


async def run_load(
    host: str,
    port: int,
    request: bytes,
    *,
    connections: int,
    seconds: float,
    most: int = 1_000_000,
) -> Sample:
    """Keep `connections` requests under way for `seconds` or `most` requests. Raises LoadFailed, OSError."""
    load = _Load(request, connections=connections, seconds=seconds, most=most)
    loop = asyncio.get_running_loop()
    try:
        for _ in range(connections):
            await loop.create_connection(lambda: _Connection(load), host, port)
        async with asyncio.timeout(seconds + 60):
            await load.over
    finally:
        load.stop()
    return load.sample
