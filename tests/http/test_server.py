"""The server on real sockets."""

import asyncio
import contextlib
import socket
import struct
from pathlib import Path

from lambent.http.exchange import Exchange
from lambent.http.limits import HttpLimits
from tests.http.applications import Deaf, Echo, Later, Sink
from tests.http.harness import served, until

GET = b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n"


def post(body: bytes) -> bytes:
    return b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body)


async def test_a_connection_serves_many_requests() -> None:
    async with served(Echo()) as (site, port):
        client = await site.connect(port)
        for body in (b"one", b"", b"x" * 100_000, b"four"):
            answer = await client.ask(post(body))
            assert (answer.status, answer.body) == (200, body)
        assert site.server.connections == 1


async def test_pipelined_requests_are_answered_in_order() -> None:
    application = Later()
    async with served(application) as (site, port):
        client = await site.connect(port)
        client.send(b"".join(post(b"%d" % n) for n in range(5)))
        for n in range(5):
            await until(lambda n=n: len(application.exchanges) == n + 1)  # type: ignore[misc]  # a bound default
            application.exchanges[n].respond(200, [], application.bodies[n])
            assert (await client.answer()).body == b"%d" % n


async def test_six_megabytes_come_and_go_unharmed() -> None:
    async with served(Echo()) as (site, port):
        client = await site.connect(port)
        body = bytes(range(256)) * 24_576
        assert (await client.ask(post(body))).body == body


async def test_the_peer_is_named_and_a_unix_peer_is_not(tmp_path: Path) -> None:
    application = Echo()
    async with served(application) as (site, port):
        await site.listen_unix(tmp_path / "s")
        await (await site.connect(port)).ask(GET)
        await (await site.connect(tmp_path / "s")).ask(GET)
        assert [head.peer for head in application.heads] == ["127.0.0.1", ""]


async def test_listeners_may_serve_different_applications_and_close_apart() -> None:
    async with served(Echo()) as (site, port):
        listening, other_port = await site.listen(Deaf(body=b"deaf"))
        here, there = await site.connect(port), await site.connect(other_port)
        assert (await there.ask(GET)).body == b"deaf"
        assert (await here.ask(post(b"echo"))).body == b"echo"
        listening.abort()
        listening.close()
        assert await there.closed()
        assert (await here.ask(post(b"echo"))).body == b"echo"


async def test_a_listener_with_connections_of_its_own_takes_no_place_of_others() -> None:
    async with served(Echo(), limits=HttpLimits(connections=1)) as (site, port):
        with socket.create_server(("127.0.0.1", 0)) as sock:
            listening = await site.server.listen(sock, connections=2)
            inner = [await site.connect(sock.getsockname()[1]) for _ in range(3)]
            assert await inner[-1].closed()
            assert (await inner[0].ask(GET)).status == 200
            outer = await site.connect(port)
            assert (await outer.ask(GET)).status == 200
            listening.abort()
            assert await inner[0].closed()
            await until(lambda: site.server.connections == 1)
            over = await site.connect(port)
            assert (await over.answer()).status == 503


async def test_the_caller_keeps_its_socket() -> None:
    async with served(Echo()) as (site, _):
        with socket.create_server(("127.0.0.1", 0)) as sock:
            listening = await site.server.listen(sock)
            listening.close()
            await asyncio.sleep(0)
            assert sock.fileno() >= 0
            again = await site.server.listen(sock)
            client = await site.connect(sock.getsockname()[1])
            assert (await client.ask(GET)).status == 200
            again.close()


async def test_draining_answers_what_runs_and_closes_what_idles() -> None:
    application = Later()
    async with served(application) as (site, port):
        busy, idle = await site.connect(port), await site.connect(port)
        busy.send(post(b"x"))
        await until(lambda: bool(application.bodies) and site.server.connections == 2)
        async with asyncio.TaskGroup() as group:
            draining = group.create_task(site.server.drain(30))
            assert await idle.closed()
            assert not draining.done()
            application.exchanges[0].respond(200, [], b"finished")
            answer = await busy.answer()
        assert (answer.body, answer.headers[b"connection"]) == (b"finished", b"close")
        assert site.server.connections == 0


async def test_draining_has_an_end() -> None:
    application = Later()
    async with served(application) as (site, port):
        client = await site.connect(port)
        client.send(post(b"x"))
        await until(lambda: bool(application.bodies))
        async with asyncio.TaskGroup() as group:
            group.create_task(site.server.drain(5))
            await asyncio.sleep(0)
            site.wait(6)
        assert await client.closed()


async def test_a_slow_reader_holds_the_writer_back_and_gets_everything() -> None:
    sink = Sink()
    async with served(sink) as (site, port):
        client = await site.connect(port)
        client.send(GET)
        await until(lambda: sink.exchange is not None)
        sent = _pour(sink.open_exchange, pieces=200)
        assert len((await client.answer()).body) == 200 * 65_536
        assert sent == [True]


def _pour(exchange: Exchange, *, pieces: int) -> list[bool]:
    """Write as fast as `exchange` takes it; says in the list whether it ever asked to wait."""
    waited: list[bool] = []
    left = pieces

    def go_on() -> None:
        nonlocal left
        while left:
            left -= 1
            if not exchange.write(b"z" * 65_536):
                waited[:] = [True]
                exchange.drained(go_on)
                return
        exchange.finish()

    exchange.begin(200, [])
    go_on()
    return waited


async def test_a_reset_by_the_client_surfaces_nowhere() -> None:
    application = Later()
    async with served(application) as (site, port):
        client = await site.connect(port)
        client.send(post(b"x"))
        await until(lambda: bool(application.bodies))
        sock = client.writer.get_extra_info("socket")
        # Zero linger: closing resets.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.writer.transport.abort()
        await until(lambda: application.exchanges[0].gone)
        application.exchanges[0].respond(200, [], b"x" * 1_000_000)
        assert site.server.connections == 0


async def test_a_half_closed_client_gets_its_answer() -> None:
    application = Later()
    async with served(application) as (site, port):
        client = await site.connect(port)
        client.send(post(b"x"))
        client.writer.write_eof()
        await until(lambda: bool(application.bodies))
        for _ in range(10):
            await asyncio.sleep(0)
        application.exchanges[0].respond(200, [], b"still here")
        assert (await client.answer()).body == b"still here"
        assert await client.closed()


async def test_a_client_that_sends_far_too_much_still_reads_the_refusal() -> None:
    async with served(Echo(limit=1000)) as (site, port):
        client = await site.connect(port)
        client.send(post(b"x" * 8_000_000))
        with contextlib.suppress(ConnectionResetError):
            await client.writer.drain()
        answer = await client.answer()
        assert (answer.status, answer.headers[b"connection"]) == (413, b"close")
