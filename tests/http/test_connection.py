"""One connection without a network."""

import hashlib
import itertools
import logging

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.http.exchange import Exchange
from tests.http.applications import Broken, Deaf, Echo, Later, Sink
from tests.http.rig import DATE, Rig, request


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
    hashes = [hashlib.sha256(body).hexdigest() for body in whole.application.bodies]
    assert split.application.hashes == whole.application.hashes == hashes
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
