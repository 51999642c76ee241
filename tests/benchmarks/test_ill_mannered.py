"""Clients without manners really have none, and say what they did."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from benchmarks.ill_mannered import BULKY, IDLE, SLOW, Crowd

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
THROTTLED = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"


class Server:
    """Answers whole requests; `enough` is set when `until` says so of it."""

    def __init__(self, until: Callable[["Server"], bool], answer: bytes = OK) -> None:
        self._until, self._answer = until, answer
        self.enough = asyncio.Event()
        self.connections = self.answered = self.bytes = 0
        self.open: list[asyncio.StreamWriter] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.open.append(writer)
        seen = b""
        while data := await reader.read(65_536):
            self.bytes += len(data)
            seen += data
            while seen.startswith(REQUEST):
                seen = seen[len(REQUEST) :]
                writer.write(self._answer)
                self.answered += 1
            if self._until(self):
                self.enough.set()
        writer.close()


@asynccontextmanager
async def serving(server: Server) -> AsyncIterator[Crowd]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield Crowd("127.0.0.1", port, REQUEST)


async def test_bulky_clients_ask_again_and_again_on_their_connections(
    capsys: pytest.CaptureFixture[str],
) -> None:
    server = Server(lambda s: s.answered >= 40)
    async with serving(server) as crowd:
        await crowd.behave(BULKY, 4, server.enough)
    assert server.connections == 4
    assert crowd.done["calls"] >= 36
    assert crowd.done["lost"] == 0
    assert capsys.readouterr().out == "ready\n"


async def test_idle_clients_ask_once_and_stay(capsys: pytest.CaptureFixture[str]) -> None:
    server, over = Server(lambda s: s.answered == 30), asyncio.Event()
    async with serving(server) as crowd, asyncio.TaskGroup() as group:
        group.create_task(crowd.behave(IDLE, 30, over))
        await server.enough.wait()
        while crowd.done["idle"] < 30:
            await asyncio.sleep(0)
        over.set()
    assert (server.connections, server.answered) == (30, 30)
    assert crowd.done == {"idle": 30}
    assert capsys.readouterr().out == "ready\n"


async def test_slow_clients_write_and_read_a_byte_now_and_then() -> None:
    server = Server(lambda s: s.bytes >= len(REQUEST) + 5)
    async with serving(server) as crowd:
        await crowd.behave(SLOW, 2, server.enough)
    assert server.answered == 1  # the reader's
    assert crowd.done["bytes"] >= 5


async def test_a_refusal_is_no_call_and_the_client_comes_back() -> None:
    server = Server(lambda s: s.connections >= 3, THROTTLED)
    async with serving(server) as crowd:
        await crowd.behave(BULKY, 1, server.enough)
    assert crowd.done["calls"] == 0
    assert crowd.done["answered 429"] == crowd.done["lost"] >= 2
