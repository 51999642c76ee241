"""One connection without a network."""

import itertools
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.http.connection import Connection
from lambent.http.exchange import Application, Exchange
from lambent.http.house import PLAIN_FAILURE, House
from lambent.http.limits import HttpLimits
from lambent.kit.wheel import TimerWheel
from tests.fakes.clock import ManualClock
from tests.fakes.transport import MemoryTransport
from tests.http.applications import Broken, Deaf, Echo, Later, Sink

LIMITS = HttpLimits()
DATE = b"Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"


class Rig:
    """A connection, its transport and the time."""

    def __init__(
        self, application: Application, *, limits: HttpLimits = LIMITS, stuck: bool = False
    ) -> None:
        self.clock = ManualClock(epoch_ms=1_767_225_600_000)
        self.wheel = TimerWheel(clock=self.clock)
        self.house = House(clock=self.clock, wheel=self.wheel, limits=limits, failure=PLAIN_FAILURE)
        self.application = application
        self.transport = self.connect(stuck=stuck)

    def connect(self, *, stuck: bool = False) -> MemoryTransport:
        transport = MemoryTransport(stuck=stuck)
        transport.begin(Connection(house=self.house, application=self.application, members=set()))
        return transport

    def send(self, data: bytes) -> bytes:
        self.transport.arrive(data)
        return self.transport.written

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1.01)
            self.wheel.advance()


def request(
    body: bytes = b"", *, method: bytes = b"POST", target: bytes = b"/", more: bytes = b""
) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return b"%b %b HTTP/1.1\r\nHost: h\r\n%b%b\r\n%b" % (method, target, more, length, body)


def test_an_answer_has_date_and_length() -> None:
    assert Rig(Echo()).send(request(b"abc", target=b"/x")) == (
        b"HTTP/1.1 200 OK\r\nX-Target: /x\r\nContent-Length: 3\r\n" + DATE + b"\r\nabc"
    )


def test_the_date_goes_on() -> None:
    rig = Rig(Echo())
    rig.wait(61)
    assert b"Date: Thu, 01 Jan 2026 00:01:01 GMT\r\n" in rig.send(request())


MESSAGES = st.one_of(
    st.builds(request, st.binary(max_size=80)),
    st.builds(
        lambda chunks: (
            request(more=b"Transfer-Encoding: chunked\r\n")
            + b"".join(b"%x\r\n%b\r\n" % (len(c), c) for c in chunks)
            + b"0\r\n\r\n"
        ),
        st.lists(st.binary(min_size=1, max_size=30), max_size=3),
    ),
    st.just(request(method=b"GET")),
    st.just(b"\r\n" + request(method=b"HEAD")),
)


@given(st.lists(MESSAGES, max_size=6), st.lists(st.integers(0), max_size=12))
def test_it_does_not_matter_how_requests_are_split(messages: list[bytes], cuts: list[int]) -> None:
    data = b"".join(messages)
    whole = Rig(Echo())
    whole.send(data)
    split = Rig(Echo())
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in itertools.pairwise(edges):
        split.send(data[start:end])
    assert split.transport.written == whole.transport.written
    assert isinstance(split.application, Echo)
    assert isinstance(whole.application, Echo)
    assert split.application.bodies == whole.application.bodies
    assert len(whole.application.bodies) == len(messages)


@given(st.binary(max_size=200), st.binary(max_size=200))
@settings(max_examples=300)
def test_noise_never_breaks_the_server(noise: bytes, more: bytes) -> None:
    rig = Rig(Echo())
    rig.send(request(b"x"))
    for data in (noise, more):
        if not rig.transport.closed:
            rig.send(data)
    if not rig.transport.closed:
        rig.transport.end()
    assert b" 500 " not in rig.transport.written


def test_pipelined_requests_are_answered_in_order_one_at_a_time() -> None:
    application = Later()
    rig = Rig(application)
    rig.send(request(b"1") + request(b"2") + request(b"3"))
    assert application.bodies == [b"1"]
    for body in (b"1", b"2", b"3"):
        application.exchanges[-1].respond(200, [], body)
    assert application.bodies == [b"1", b"2", b"3"]
    assert [part[-1:] for part in rig.transport.written.split(b"HTTP/1.1 200 OK")[1:]] == [
        b"1",
        b"2",
        b"3",
    ]


def test_a_client_that_pipelines_without_end_is_left_unread() -> None:
    application = Later()
    rig = Rig(application)
    rig.send(request(b"1"))
    rig.send(b"G" * 70_000)
    assert not rig.transport.reading
    application.exchanges[0].respond(200, [], b"")
    assert rig.transport.reading
    assert b" 431 " in rig.transport.written


def test_a_large_body_arrives_as_it_was_sent() -> None:
    rig = Rig(Echo())
    body = bytes(range(256)) * 4096
    rig.send(request(body) + request(b"next"))
    assert isinstance(rig.application, Echo)
    assert rig.application.bodies == [body, b"next"]


def test_a_body_over_the_limit_is_told_at_once_and_small_ones_keep_the_connection() -> None:
    rig = Rig(Echo(limit=10))
    rig.send(request(b"x" * 11) + request(b"fits"))
    assert rig.transport.written.count(b"413") == 1
    assert rig.transport.written.endswith(b"fits")


def test_a_far_too_large_body_is_answered_before_it_is_sent_and_its_rest_thrown_away() -> None:
    rig = Rig(Echo(limit=10))
    rig.send(request(b"x" * 1_000_000)[:1000])
    assert b"413" in rig.transport.written
    assert b"Connection: close" in rig.transport.written
    assert rig.transport.wrote_eof
    assert not rig.transport.closed
    rig.send(b"x" * 999_000)
    rig.transport.end()
    assert rig.transport.closed
    assert not rig.transport.aborted


def test_a_chunked_body_over_the_limit_is_too_large() -> None:
    rig = Rig(Echo(limit=10))
    rig.send(request(more=b"Transfer-Encoding: chunked\r\n") + b"b\r\n" + b"x" * 11)
    assert b"413" in rig.transport.written


def test_expect_continue_is_answered_when_the_body_is_wanted() -> None:
    rig = Rig(Echo())
    head, body = request(b"abc", more=b"Expect: 100-continue\r\n")[:-3], b"abc"
    assert rig.send(head) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert rig.send(body).endswith(b"abc")


def test_expect_continue_is_not_answered_when_it_is_too_large() -> None:
    rig = Rig(Echo(limit=1))
    written = rig.send(request(b"abc", more=b"Expect: 100-continue\r\n")[:-3])
    assert b"100 Continue" not in written
    assert b"413" in written
    assert b"Connection: close" in written


def test_a_client_that_sends_its_body_anyway_needs_no_continue() -> None:
    rig = Rig(Echo())
    assert b"100 Continue" not in rig.send(request(b"abc", more=b"Expect: 100-continue\r\n"))


@pytest.mark.parametrize("status", [204, 304])
def test_some_statuses_have_no_body(status: int) -> None:
    written = Rig(Deaf(status=status)).send(request())
    assert written.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in written


def test_head_gets_the_length_without_the_body() -> None:
    written = Rig(Deaf(body=b"12345")).send(request(method=b"HEAD"))
    assert written.endswith(b"Content-Length: 5\r\n" + DATE + b"\r\n")


def test_close_is_obeyed() -> None:
    rig = Rig(Echo())
    assert b"Connection: close\r\n" in rig.send(request(b"x", more=b"Connection: close\r\n"))
    assert rig.transport.closed


def test_http_1_0_keeps_alive_only_when_asked() -> None:
    rig = Rig(Echo())
    rig.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    assert b"Connection: keep-alive" in rig.transport.written
    rig.send(b"GET / HTTP/1.0\r\n\r\n")
    assert rig.transport.closed


def test_a_half_close_is_not_a_disconnect() -> None:
    application = Later()
    rig = Rig(application)
    rig.send(request(b"1") + request(b"2"))
    rig.transport.end()
    assert not application.exchanges[0].gone
    application.exchanges[0].respond(200, [], b"one")
    assert not rig.transport.closed
    application.exchanges[1].respond(200, [], b"two")
    assert rig.transport.written.endswith(b"two")
    assert rig.transport.closed


def test_half_a_body_and_no_more_is_a_lost_one() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(request(b"1234")[:-2])
    rig.transport.end()
    assert rig.transport.closed
    rig.transport.lose()
    assert (sink.pieces, sink.ended, sink.was_lost) == ([b"12"], False, True)
    assert sink.open_exchange.gone


def test_answering_a_client_that_went_away_is_harmless() -> None:
    application = Later()
    rig = Rig(application)
    rig.send(request(b"x"))
    rig.transport.lose()
    assert application.exchanges[0].gone
    application.exchanges[0].respond(200, [], b"into the void")
    assert rig.transport.written == b""


def test_a_client_that_leaves_within_its_body_calls_nobody() -> None:
    application = Later()
    rig = Rig(application)
    rig.send(request(b"x" * 100_000)[:5000])
    assert rig.house.budget.held == 100_000
    rig.transport.lose()
    assert application.bodies == []
    assert rig.house.budget.held == 0


def test_a_second_answer_is_an_error_of_the_application() -> None:
    application = Later()
    Rig(application).send(request(b"x"))
    application.exchanges[0].respond(200, [], b"")
    with pytest.raises(RuntimeError, match="answered already"):
        application.exchanges[0].respond(200, [], b"")


def test_a_bug_in_the_application_is_500_and_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rig = Rig(Broken())
    with caplog.at_level(logging.ERROR):
        written = rig.send(request(b"x", target=b"/here"))
    assert written.startswith(b"HTTP/1.1 500 ")
    assert written.endswith(b'{"message":"Internal server error"}')
    assert b"Connection: close" in written
    (record,) = caplog.records
    assert record.exc_info is not None
    assert "/here" in record.getMessage()


def test_a_bug_after_the_answer_began_drops_the_connection(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Halfway:
        def begin(self, exchange: Exchange) -> None:
            exchange.begin(200, [])
            exchange.write(b"half")
            raise ZeroDivisionError

    rig = Rig(Halfway())
    rig.send(request())
    assert rig.transport.aborted
    assert len(caplog.records) == 1


def test_a_header_cannot_break_out_of_its_line() -> None:
    application = Later()
    rig = Rig(application)
    rig.send(request(b"x"))
    with pytest.raises(ValueError, match="line break"):
        application.exchanges[0].respond(200, [(b"A", b"b\r\nSet-Cookie: c")], b"")
    assert rig.transport.written.startswith(b"HTTP/1.1 500 ")
    assert b"Set-Cookie" not in rig.transport.written


def test_a_streamed_answer_is_chunked() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(request())
    sink.open_exchange.begin(200, [(b"A", b"b"), (b"Connection", b"whatever")])
    assert sink.open_exchange.write(b"one")
    assert sink.open_exchange.write(b"")
    assert sink.open_exchange.write(b"more")
    sink.open_exchange.finish()
    assert rig.transport.written == (
        b"HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked\r\n" + DATE + b"\r\n"
        b"3\r\none\r\n4\r\nmore\r\n0\r\n\r\n"
    )
    assert rig.send(request(target=b"/next")) is not None
    assert sink.open_exchange.head.target == b"/next"


def test_a_streamed_answer_with_a_length_is_sent_as_it_is() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(request())
    sink.open_exchange.begin(200, [(b"Content-Length", b"3"), (b"Date", b"then")])
    sink.open_exchange.write(b"abc")
    sink.open_exchange.finish()
    assert rig.transport.written == (
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nDate: then\r\n\r\nabc"
    )


def test_a_streamed_answer_to_http_1_0_ends_with_the_connection() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    sink.open_exchange.begin(200, [])
    sink.open_exchange.write(b"abc")
    sink.open_exchange.finish()
    assert rig.transport.written.endswith(b"Connection: close\r\n" + DATE + b"\r\nabc")
    assert rig.transport.closed


def test_an_answer_shorter_or_longer_than_announced_drops_the_connection() -> None:
    sink = Sink()
    short, long = Rig(sink), Rig(sink)
    short.send(request())
    sink.open_exchange.begin(200, [(b"Content-Length", b"3")])
    sink.open_exchange.finish()
    assert short.transport.aborted
    long.send(request())
    sink.open_exchange.begin(200, [(b"Content-Length", b"3")])
    with pytest.raises(ValueError, match="longer"):
        sink.open_exchange.write(b"abcd")
    assert long.transport.aborted


def test_a_streamed_body_can_be_held_back() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(request(b"abcdef")[:-4])
    sink.open_exchange.pause()
    assert not rig.transport.reading
    sink.open_exchange.resume()
    assert rig.transport.reading
    rig.send(b"cdef")
    assert (sink.pieces, sink.ended) == ([b"ab", b"cdef"], True)


def test_a_malformed_chunk_tells_the_sink_and_the_client() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(request(more=b"Transfer-Encoding: chunked\r\n") + b"2\r\nab\r\nx\r\n")
    assert b" 400 " in rig.transport.written
    assert sink.was_lost
    assert sink.open_exchange.gone
    sink.open_exchange.respond(200, [], b"late")
    assert b"late" not in rig.transport.written


def test_an_answer_before_the_end_of_a_streamed_body_ends_the_stream() -> None:
    sink = Sink()
    rig = Rig(sink)
    rig.send(request(b"abcdef")[:-4])
    sink.open_exchange.respond(413, [], b"")
    rig.send(b"cdef")
    assert b"Connection: close" in rig.transport.written
    assert (sink.pieces, sink.ended, sink.was_lost) == ([b"ab"], False, False)


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
