"""The client against our own server and against raw sockets, on unix sockets in the same loop."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from lambent.http.client import UnixClient
from lambent.http.exchange import Application, Exchange, Headers
from tests.http.applications import Deaf, Echo, Later, Sink
from tests.http.harness import Site, until

LENGTH_3 = [(b"Host", b"h"), (b"Content-Length", b"3")]
HOST = [(b"Host", b"h")]


class Heard:
    """An answer as it was told."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.ended = False
        self.failure = ""
        self.writable_calls = 0

    @property
    def over(self) -> bool:
        return self.ended or bool(self.failure)

    def writable(self) -> None:
        self.writable_calls += 1

    def answer_begun(self, status: int, headers: Headers) -> None:
        assert self.status == 0
        self.status = status
        self.headers = {name.lower(): value for name, value in headers}

    def answer_piece(self, data: bytes) -> None:
        assert not self.over
        self.body += data

    def answer_ended(self) -> None:
        assert not self.over
        self.ended = True

    def failed(self, reason: str) -> None:
        assert not self.over
        self.failure = reason


@asynccontextmanager
async def calling(site: Site, path: Path, *, most_calls: int = 100) -> AsyncIterator[UnixClient]:
    async with UnixClient(
        path=path, clock=site.clock, wheel=site.wheel, most_calls=most_calls
    ) as client:
        yield client


@asynccontextmanager
async def unix_site(application: Application, folder: Path) -> AsyncIterator[Site]:
    site = Site(application, None)
    try:
        await site.listen_unix(folder / "s")
        yield site
    finally:
        await site.close()


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site(Echo(), None)
    try:
        yield site
    finally:
        await site.close()


def post(client: UnixClient, body: bytes = b"abc") -> Heard:
    heard = Heard()
    call = client.call(method=b"POST", target=b"/x?y", headers=LENGTH_3, chunked=False, sink=heard)
    call.write(body)
    call.end()
    return heard


async def test_a_call_is_answered_and_its_connection_used_again(site: Site, tmp_path: Path) -> None:
    await site.listen_unix(tmp_path / "s")
    async with calling(site, tmp_path / "s") as client:
        for _ in range(3):
            heard = post(client)
            await until(lambda heard=heard: heard.over)  # type: ignore[misc]  # a bound default
            assert (heard.status, heard.body, heard.ended) == (200, b"abc", True)
            assert heard.headers[b"x-target"] == b"/x?y"
        assert site.server.connections == 1


async def test_calls_at_once_do_not_share_a_connection(site: Site, tmp_path: Path) -> None:
    await site.listen_unix(tmp_path / "s")
    async with calling(site, tmp_path / "s") as client:
        all_heard = [post(client, b"%03d" % n) for n in range(20)]
        await until(lambda: all(heard.over for heard in all_heard))
        assert [heard.body for heard in all_heard] == [b"%03d" % n for n in range(20)]


async def test_a_chunked_body_is_sent_and_a_chunked_answer_read(tmp_path: Path) -> None:
    class Shout:
        def begin(self, exchange: Exchange) -> None:
            exchange.collect(
                limit=100, then=lambda body: self.answer(exchange, body), too_large=exchange.abort
            )

        def answer(self, exchange: Exchange, body: bytes) -> None:
            exchange.begin(200, [])
            exchange.write(body.upper())
            exchange.write(b"!")
            exchange.finish()

    async with unix_site(Shout(), tmp_path) as site, calling(site, tmp_path / "s") as client:
        heard = Heard()
        call = client.call(method=b"POST", target=b"/", headers=HOST, chunked=True, sink=heard)
        for piece in (b"one ", b"two"):
            call.write(piece)
        call.end()
        await until(lambda: heard.over)
        assert heard.body == b"ONE TWO!"


@pytest.mark.parametrize(("method", "status"), [(b"HEAD", 200), (b"GET", 204), (b"GET", 304)])
async def test_an_answer_without_body_ends_at_once(
    tmp_path: Path, method: bytes, status: int
) -> None:
    async with (
        unix_site(Deaf(status=status, body=b"12345"), tmp_path) as site,
        calling(site, tmp_path / "s") as client,
    ):
        heard = Heard()
        client.call(method=method, target=b"/", headers=HOST, chunked=False, sink=heard).end()
        await until(lambda: heard.over)
        assert (heard.status, heard.body, heard.ended) == (status, b"", True)


async def test_a_server_that_is_away_is_waited_for(site: Site, tmp_path: Path) -> None:
    async with calling(site, tmp_path / "s") as client:
        heard = post(client)
        for _ in range(50):
            await asyncio.sleep(0)
        site.wait(2)
        assert not heard.over
        await site.listen_unix(tmp_path / "s")
        while not heard.over:
            site.wait(1)
            await asyncio.sleep(0)
        assert heard.body == b"abc"


async def test_a_server_that_stays_away_fails_the_call(site: Site, tmp_path: Path) -> None:
    async with calling(site, tmp_path / "s") as client:
        heard = post(client)
        seconds = 0
        while not heard.over:
            seconds += 1
            site.wait(1)
            await asyncio.sleep(0)
        assert "cannot be reached" in heard.failure
        assert seconds >= 5


async def test_a_connection_that_dies_fails_its_call_once(tmp_path: Path) -> None:
    application = Later()
    async with unix_site(application, tmp_path) as site, calling(site, tmp_path / "s") as client:
        heard = post(client)
        await until(lambda: bool(application.bodies))
        site.server.abort()
        await until(lambda: heard.over)
        assert "connection was lost" in heard.failure


async def test_a_pooled_connection_that_was_closed_is_not_used(site: Site, tmp_path: Path) -> None:
    listening = await site.listen_unix(tmp_path / "s")
    async with calling(site, tmp_path / "s") as client:
        first = post(client)
        await until(lambda: first.over)
        listening.abort()
        (tmp_path / "s").unlink()
        await site.listen_unix(tmp_path / "s")
        await until(lambda: site.server.connections == 0)
        for _ in range(20):
            await asyncio.sleep(0)
        second = post(client)
        await until(lambda: second.over)
        assert second.body == b"abc"


async def test_a_connection_that_idled_long_is_not_used(site: Site, tmp_path: Path) -> None:
    await site.listen_unix(tmp_path / "s")
    async with calling(site, tmp_path / "s") as client:
        first = post(client)
        await until(lambda: first.over)
        site.clock.advance(60)
        second = post(client)
        await until(lambda: second.over)
        assert second.body == b"abc"
        await until(lambda: site.server.connections == 1)


async def test_too_many_calls_are_refused(site: Site, tmp_path: Path) -> None:
    async with calling(site, tmp_path / "s", most_calls=1) as client:
        first, second = post(client), post(client)
        await until(lambda: second.over)
        assert "too many" in second.failure
        assert not first.over


async def test_closing_the_client_fails_what_is_under_way(tmp_path: Path) -> None:
    application = Later()
    async with unix_site(application, tmp_path) as site:
        async with calling(site, tmp_path / "s") as client:
            under_way = post(client)
            await until(lambda: bool(application.bodies))
        await until(lambda: under_way.over)
        assert under_way.failure


async def test_a_cancelled_call_hears_nothing_more(tmp_path: Path) -> None:
    application = Later()
    async with unix_site(application, tmp_path) as site, calling(site, tmp_path / "s") as client:
        heard = Heard()
        call = client.call(method=b"POST", target=b"/", headers=LENGTH_3, chunked=False, sink=heard)
        call.write(b"abc")
        call.end()
        await until(lambda: bool(application.bodies))
        call.cancel()
        application.exchanges[0].respond(200, [], b"too late")
        await until(lambda: site.server.connections == 0)
        assert not heard.over


async def test_a_slow_server_holds_the_caller_back(tmp_path: Path) -> None:
    sink = Sink()
    async with unix_site(sink, tmp_path) as site, calling(site, tmp_path / "s") as client:
        heard = Heard()
        call = client.call(method=b"PUT", target=b"/", headers=HOST, chunked=True, sink=heard)
        await until(lambda: sink.exchange is not None)
        sink.open_exchange.pause()
        pieces = 1
        while call.write(b"z" * 65_536):
            pieces += 1
            await asyncio.sleep(0)
        calls = heard.writable_calls
        sink.open_exchange.resume()
        await until(lambda: heard.writable_calls > calls)
        call.end()
        await until(lambda: sink.ended)
        assert sum(map(len, sink.pieces)) == pieces * 65_536
        sink.open_exchange.respond(200, [], b"")
        await until(lambda: heard.ended)


async def test_a_slow_caller_holds_the_server_back(tmp_path: Path) -> None:
    sink = Sink()
    async with unix_site(sink, tmp_path) as site, calling(site, tmp_path / "s") as client:
        heard = Heard()
        call = client.call(method=b"GET", target=b"/", headers=HOST, chunked=False, sink=heard)
        call.end()
        call.pause()
        await until(lambda: sink.exchange is not None)
        sink.open_exchange.begin(200, [])
        pieces = 1
        while sink.open_exchange.write(b"z" * 65_536):
            pieces += 1
            await asyncio.sleep(0)
        assert heard.body == b""
        call.resume()
        sink.open_exchange.finish()
        await until(lambda: heard.ended)
        assert len(heard.body) == pieces * 65_536


RAW_ANSWERS = [
    (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end", True),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", True),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", b"half", False),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nx\r\n", b"", False),
    (b"SMTP\r\n\r\n", b"", False),
    (b"", b"", False),
]


@pytest.mark.parametrize(("answer", "body", "ended"), RAW_ANSWERS)
async def test_whatever_a_server_says_is_an_answer_or_a_failure(
    site: Site, tmp_path: Path, answer: bytes, body: bytes, ended: bool
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"abc")
        writer.write(answer)
        await writer.drain()
        writer.close()

    sock = socket.socket(socket.AF_UNIX)
    sock.bind(str(tmp_path / "s"))
    server = await asyncio.start_unix_server(serve, sock=sock)
    async with calling(site, tmp_path / "s") as client:
        heard = post(client)
        await until(lambda: heard.over)
        assert (heard.body, heard.ended) == (body, ended)
    server.close()
    await server.wait_closed()
