"""The benchmark's client counts what really happened."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from benchmarks.load import LoadFailed, Sample, run_load

REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
THROTTLED = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\n\r\n"


class Scripted(asyncio.Protocol):
    """Gives each request the next answer, in the pieces that the script says; nothing closes the connection."""

    def __init__(self, script: Callable[[], list[bytes]]) -> None:
        self._script = script
        self._seen = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        while self._seen.startswith(REQUEST):
            self._seen = self._seen[len(REQUEST) :]
            pieces = self._script()
            if not pieces:
                self._transport.close()
            for piece in pieces:
                self._transport.write(piece)


@asynccontextmanager
async def serving(script: Callable[[], list[bytes]]) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Scripted(script), "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def load(port: int, *, connections: int = 1, most: int = 100) -> Sample:
    return await run_load(
        "127.0.0.1", port, REQUEST, connections=connections, seconds=10, most=most
    )


async def test_it_stops_at_the_count_over_all_connections() -> None:
    async with serving(lambda: [OK]) as port:
        sample = await load(port, connections=4, most=50)
    assert (sample.answered, sample.refused) == (50, 0)
    assert sample.seconds > 0
    assert 0 < sample.quantile_us(0.5) <= sample.quantile_us(0.99)


async def test_it_stops_when_the_time_is_over() -> None:
    async with serving(lambda: [OK]) as port:
        sample = await run_load("127.0.0.1", port, REQUEST, connections=2, seconds=0.01, most=10**9)
    assert sample.answered > 0


async def test_refusals_are_counted_apart() -> None:
    answers = iter([[OK], [THROTTLED]] * 10)
    async with serving(lambda: next(answers)) as port:
        sample = await load(port, most=20)
    assert (sample.answered, sample.refused) == (10, 10)
    assert sample.statuses == {200: 10, 429: 10}


@pytest.mark.parametrize("cut", range(1, len(OK)))
async def test_an_answer_may_come_in_any_pieces(cut: int) -> None:
    async with serving(lambda: [OK[:cut], OK[cut:]]) as port:
        sample = await load(port, most=3)
    assert sample.answered == 3


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ([], "closed by the server"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"], "without Content-Length"),
        ([b"x" * 70_000], "an endless head"),
    ],
)
async def test_what_cannot_be_measured_is_an_error(answer: list[bytes], reason: str) -> None:
    async with serving(lambda: answer) as port:
        with pytest.raises(LoadFailed, match=reason):
            await load(port)
