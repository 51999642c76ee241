"""Edge and control on real sockets: what goes in at the one comes out at the other."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lambent.gateway.relay import RelayApplication
from lambent.http.client import UnixClient
from lambent.http.exchange import Application
from lambent.kit.ids import RandomIds
from lambent.model.limits import MAX_CONTROL_REQUEST_BYTES
from tests.http.applications import Echo, Later, Sink
from tests.http.harness import Client, Site, served, until


@asynccontextmanager
async def relayed(control: Application, folder: Path) -> AsyncIterator[tuple[Site, Client, Site]]:
    """(edge, a client of it, control)."""
    path = folder / "control.sock"
    upstream = Site(control, None)
    try:
        await upstream.listen_unix(path)
        async with (
            UnixClient(path=path, clock=upstream.clock, wheel=upstream.wheel) as client,
            served(RelayApplication(upstream=client, ids=RandomIds())) as (edge, port),
        ):
            yield edge, await edge.connect(port), upstream
    finally:
        await upstream.close()


async def test_a_request_is_passed_on_as_it_was_sent(tmp_path: Path) -> None:
    control = Echo()
    async with relayed(control, tmp_path) as (_, client, _):
        answer = await client.ask(
            b"PUT /a%2Fb/c%20d?x=%3A&y HTTP/1.1\r\nHost: h:1\r\nX-Weird:  a  b \r\nx-twice: 1\r\n"
            b"X-Lambent-Peer: 9.9.9.9\r\nx-lambent-anything: 1\r\nConnection: keep-alive, x-hop\r\nX-Hop: 1\r\n"
            b"X-Twice: 2\r\nContent-Length: 4\r\n\r\nbody"
        )
        (head,) = control.heads
        assert (head.method, head.target) == (b"PUT", b"/a%2Fb/c%20d?x=%3A&y")
        assert list(head.raw_headers) == [
            (b"Host", b"h:1"),
            (b"X-Weird", b"a  b"),
            (b"x-twice", b"1"),
            (b"X-Twice", b"2"),
            (b"Content-Length", b"4"),
            (b"x-lambent-peer", b"127.0.0.1"),
        ]
        assert control.bodies == [b"body"]
        assert (answer.status, answer.body) == (200, b"body")
        assert answer.headers[b"x-target"] == head.target
        assert answer.headers[b"content-length"] == b"4"


async def test_bodies_of_any_size_stream_both_ways(tmp_path: Path) -> None:
    async with relayed(Echo(limit=100_000_000), tmp_path) as (edge, client, _):
        body = bytes(range(256)) * 65_536
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body))
        client.send(body)
        assert (await client.answer()).body == body
        chunked = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        assert (await client.ask(chunked + b"3\r\nabc\r\n0\r\n\r\n")).body == b"abc"
        assert edge.server.bytes_in_flight == 0


async def test_expect_continue_is_answered_by_the_edge(tmp_path: Path) -> None:
    async with relayed(Echo(), tmp_path) as (_, client, _):
        client.send(
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n"
        )
        assert await client.reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert (await client.ask(b"abc")).body == b"abc"


async def test_a_body_that_no_operation_takes_is_refused_before_it_is_sent(tmp_path: Path) -> None:
    async with relayed(Echo(), tmp_path) as (_, client, _):
        client.send(
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n"
            % (MAX_CONTROL_REQUEST_BYTES + 1)
        )
        answer = await client.answer()
        assert answer.status == 413
        assert answer.headers[b"connection"] == b"close"


async def test_head_and_pipelining_keep_their_order(tmp_path: Path) -> None:
    async with relayed(Echo(), tmp_path) as (_, client, _):
        client.send(b"HEAD /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n")
        first = await client.answer(bodiless=True)
        assert first.headers[b"x-target"] == b"/1"
        assert (await client.answer()).headers[b"x-target"] == b"/2"


async def test_control_that_stays_away_is_503_in_awss_words(tmp_path: Path) -> None:
    async with relayed(Echo(), tmp_path) as (edge, client, control):
        await control.close()
        (tmp_path / "control.sock").unlink()
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        async with asyncio.TaskGroup() as group:
            answer = group.create_task(client.answer())
            while not answer.done():
                await asyncio.sleep(0)
                control.wait(1)
        assert answer.result().status == 503
        assert answer.result().headers[b"x-amzn-errortype"] == b"ServiceUnavailableException"
        assert len(answer.result().headers[b"x-amzn-requestid"]) == 36
        assert json.loads(answer.result().body)["Type"] == "Server"
        assert edge.server.connections == 1


async def test_control_that_comes_back_in_time_answers(tmp_path: Path) -> None:
    async with relayed(Echo(), tmp_path) as (_, client, control):
        control.server.abort()
        (tmp_path / "control.sock").unlink()
        client.send(b"GET /x HTTP/1.1\r\nHost: h\r\n\r\n")
        for _ in range(100):
            await asyncio.sleep(0)
        control.wait(2)
        await control.listen_unix(tmp_path / "control.sock")
        async with asyncio.TaskGroup() as group:
            answer = group.create_task(client.answer())
            while not answer.done():
                await asyncio.sleep(0)
                control.clock.advance(0.01)
                control.wheel.advance()
        assert answer.result().headers[b"x-target"] == b"/x"


async def test_control_that_dies_with_a_request_is_503(tmp_path: Path) -> None:
    control = Later()
    async with relayed(control, tmp_path) as (_, client, site):
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await until(lambda: bool(control.bodies))
        site.server.abort()
        assert (await client.answer()).status == 503


async def test_control_that_dies_within_an_answer_cuts_it_off(tmp_path: Path) -> None:
    control = Sink()
    async with relayed(control, tmp_path) as (_, client, site):
        client.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await until(lambda: control.exchange is not None)
        control.open_exchange.begin(200, [(b"Content-Length", b"10")])
        control.open_exchange.write(b"half")
        await client.reader.readuntil(b"half")
        site.server.abort()
        assert await client.closed()


async def test_a_client_that_leaves_within_its_body_takes_control_off_it(tmp_path: Path) -> None:
    control = Sink()
    async with relayed(control, tmp_path) as (edge, client, site):
        client.send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf")
        await until(lambda: bool(control.pieces))
        client.writer.transport.abort()
        await until(lambda: control.was_lost)
        await until(lambda: edge.server.connections == site.server.connections == 0)


async def test_an_early_refusal_by_control_reaches_the_client(tmp_path: Path) -> None:
    async with relayed(Echo(limit=10), tmp_path) as (_, client, _):
        client.send(
            b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n" + b"x" * 9_000_000
        )
        assert (await client.answer()).status == 413
