"""A served application and raw clients, on loopback in the test's own loop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from lambent.http.exchange import Application
from lambent.http.limits import HttpLimits
from lambent.http.server import HttpServer, Listening
from lambent.kit.wheel import TimerWheel
from tests.fakes.clock import ManualClock


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client got."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


class Client:
    """Sends raw bytes and reads answers."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        """Write without waiting."""
        self.writer.write(data)

    async def answer(self, *, bodiless: bool = False) -> Answer:
        """Read one answer."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        status, *lines = head[:-4].split(b"\r\n")
        headers = {n.lower(): v for n, _, v in (line.partition(b": ") for line in lines)}
        if bodiless:
            body = b""
        elif headers.get(b"transfer-encoding") == b"chunked":
            body = await self._chunks()
        elif b"content-length" in headers:
            body = await self.reader.readexactly(int(headers[b"content-length"]))
        else:
            body = await self.reader.read()
        return Answer(status=int(status.split()[1]), headers=headers, body=body)

    async def ask(self, data: bytes) -> Answer:
        """Send and read the answer."""
        self.send(data)
        return await self.answer()

    async def closed(self) -> bool:
        """Wait for the server to close; whether nothing more came before."""
        try:
            return await self.reader.read() == b""
        except ConnectionResetError:
            return True

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self.reader.readuntil(b"\r\n"), 16):
            body += (await self.reader.readexactly(size + 2))[:-2]
        await self.reader.readexactly(2)
        return body


class Site:
    """A server with its sockets and the time."""

    def __init__(self, application: Application, limits: HttpLimits | None) -> None:
        self.clock = ManualClock()
        self.wheel = TimerWheel(clock=self.clock)
        self.server = HttpServer(
            application=application, clock=self.clock, wheel=self.wheel, limits=limits
        )
        self._sockets: list[socket.socket] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def listen(self, application: Application | None = None) -> tuple[Listening, int]:
        """Listen on a fresh port."""
        sock = socket.create_server(("127.0.0.1", 0))
        self._sockets.append(sock)
        listening = await self.server.listen(sock, application=application)
        return listening, sock.getsockname()[1]

    async def listen_unix(self, path: Path) -> Listening:
        """Listen on a unix socket."""
        sock = socket.socket(socket.AF_UNIX)
        self._sockets.append(sock)
        sock.bind(str(path))
        sock.listen()
        return await self.server.listen(sock)

    async def connect(self, port: int | Path) -> Client:
        """A new client."""
        if isinstance(port, Path):
            reader, writer = await asyncio.open_unix_connection(str(port))
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self._writers.append(writer)
        return Client(reader, writer)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        for _ in range(seconds):
            self.clock.advance(1.01)
            self.wheel.advance()

    async def close(self) -> None:
        """Leave nothing behind."""
        for writer in self._writers:
            writer.close()
        self.server.abort()
        await self.server.drain(1)
        for sock in self._sockets:
            sock.close()


@asynccontextmanager
async def served(
    application: Application, *, limits: HttpLimits | None = None
) -> AsyncIterator[tuple[Site, int]]:
    """Serve `application` on a port."""
    site = Site(application, limits)
    _, port = await site.listen()
    try:
        yield site, port
    finally:
        await site.close()


async def until(condition: Callable[[], bool], *, turns: int = 10_000) -> None:
    """Let the loop turn until `condition()` holds."""
    for _ in range(turns):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never came true")
