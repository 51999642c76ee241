"""How long a connection waits for its client, and how much it holds for it."""

import pytest

from lambent.http.exchange import Exchange
from lambent.http.limits import HttpLimits
from tests.http.applications import Deaf, Echo, Later, Sink
from tests.http.rig import Rig, request


def test_a_slow_reader_is_waited_for_and_then_told_to_go_on() -> None:
    sink = Sink()
    rig = Rig(sink, stuck=True)
    calls: list[str] = []
    rig.send(request())
    sink.open_exchange.begin(200, [])
    assert not sink.open_exchange.write(b"x" * 300_000)
    sink.open_exchange.drained(lambda: calls.append("drained"))
    assert calls == []
    assert rig.house.budget.held > 300_000
    rig.transport.read()
    assert calls == ["drained"]
    assert rig.house.budget.held == 0
    assert sink.open_exchange.write(b"y")


def test_who_waits_for_a_reader_that_leaves_is_told() -> None:
    sink = Sink()
    rig = Rig(sink, stuck=True)
    calls: list[str] = []
    rig.send(request())
    sink.open_exchange.begin(200, [])
    sink.open_exchange.write(b"x" * 300_000)
    sink.open_exchange.drained(lambda: calls.append("drained"))
    rig.transport.lose()
    assert calls == ["drained"]
    assert rig.house.budget.held == 0


def test_no_further_request_is_taken_from_a_client_that_does_not_read() -> None:
    rig = Rig(Deaf(body=b"x" * 300_000), stuck=True)
    rig.send(request() + request())
    assert rig.transport.written.count(b"HTTP/1.1") == 1
    rig.transport.read()
    assert rig.transport.written.count(b"HTTP/1.1") == 2


def test_a_reader_without_progress_is_dropped() -> None:
    rig = Rig(Deaf(body=b"x" * 300_000), stuck=True)
    rig.send(request())
    rig.wait(59)
    assert not rig.transport.closed
    rig.wait(5)
    assert rig.transport.aborted


def test_a_reader_without_progress_is_dropped_also_when_its_answer_was_the_last() -> None:
    rig = Rig(Deaf(body=b"x" * 1000), stuck=True)
    rig.send(request(more=b"Connection: close\r\n"))
    rig.wait(65)
    assert rig.transport.aborted


def test_a_head_that_trickles_is_given_up() -> None:
    rig = Rig(Echo())
    for letter in b"GET / HTTP/1.1\r\nHost"[:16]:
        rig.wait(1)
        assert not rig.transport.wrote_eof
        rig.send(bytes([letter]))
    rig.wait(3)
    assert b" 408 " in rig.transport.written


def test_a_body_that_stalls_is_given_up() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(request(b"abc")[:-1])
    rig.wait(29)
    assert rig.transport.written == b""
    rig.wait(3)
    assert b" 408 " in rig.transport.written
    assert sink.was_lost


def test_a_body_that_trickles_is_given_up() -> None:
    rig = Rig(Echo())
    rig.send(request(b"x" * 500_000)[:1000])
    for _ in range(33):
        rig.send(b"x")
        rig.wait(1)
    assert b" 408 " in rig.transport.written


def test_time_in_which_we_do_not_read_is_not_the_clients() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(request(b"abc")[:-1])
    sink.open_exchange.pause()
    rig.wait(100)
    sink.open_exchange.resume()
    rig.wait(20)
    rig.send(b"c")
    assert sink.ended
    assert rig.transport.written == b""


def test_an_application_may_take_its_time() -> None:
    application = Later()
    rig = Rig(application)
    rig.send(request(b"abc"))
    rig.wait(900)
    application.exchanges[0].respond(200, [], b"done")
    assert rig.transport.written.endswith(b"done")


def test_an_idle_connection_is_closed_silently() -> None:
    rig = Rig(Echo())
    rig.send(request())
    written = rig.transport.written
    rig.wait(119)
    assert not rig.transport.closed
    rig.wait(5)
    assert rig.transport.closed
    assert rig.transport.written == written


def test_a_refused_client_has_a_while_to_read_why() -> None:
    rig = Rig(Echo())
    rig.send(b"\x16\x03\x01")
    assert b" 400 " in rig.transport.written
    assert rig.transport.wrote_eof
    rig.wait(29)
    assert not rig.transport.closed
    rig.wait(5)
    assert rig.transport.aborted


def test_bodies_beyond_the_budget_wait_unread_and_small_ones_do_not() -> None:
    application = Later()
    rig = Rig(application, limits=HttpLimits(bytes_in_flight=200_000))
    large = request(b"x" * 150_000, more=b"Expect: 100-continue\r\n")[:-150_000]
    rig.send(large)
    waiting = rig.connect()
    waiting.arrive(large)
    assert rig.transport.written.startswith(b"HTTP/1.1 100 ")
    assert (waiting.written, waiting.reading) == (b"", False)
    small = rig.connect()
    small.arrive(request(b"small"))
    assert application.bodies == [b"small"]
    rig.transport.arrive(b"x" * 150_000)
    assert waiting.written == b""
    application.exchanges[0].respond(200, [], b"")
    assert waiting.written.startswith(b"HTTP/1.1 100 ")
    waiting.arrive(b"y" * 150_000)
    assert len(application.bodies) == 3


def test_a_chunked_body_is_counted_as_what_it_was_once_it_is_whole() -> None:
    application = Later()
    rig = Rig(application)
    rig.send(request(more=b"Transfer-Encoding: chunked\r\n"))
    assert rig.house.budget.held == 1 << 30
    rig.send(b"2\r\nab\r\n0\r\n\r\n")
    assert rig.house.budget.held == 2
    application.exchanges[0].respond(200, [], b"")
    assert rig.house.budget.held == 0


def test_one_connection_too_many_is_told_so() -> None:
    rig = Rig(Echo(), limits=HttpLimits(connections=1))
    other = rig.connect()
    assert b" 503 " in other.written
    assert other.wrote_eof


def test_a_body_left_unread_is_skipped() -> None:
    rig = Rig(Deaf())
    rig.send(request(b"x" * 1000)[:-500])
    assert b"Connection: close" not in rig.transport.written
    rig.send(b"x" * 500 + request(b"y"))
    assert rig.transport.written.count(b"HTTP/1.1 200 OK") == 2


def test_the_body_can_be_asked_for_once() -> None:
    class Greedy(Later):
        def begin(self, exchange: Exchange) -> None:
            super().begin(exchange)
            with pytest.raises(RuntimeError):
                super().begin(exchange)

    Rig(Greedy()).send(request(b"x"))
