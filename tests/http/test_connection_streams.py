"""Answers and bodies that come in pieces, without a network."""

import pytest

from tests.http.applications import Sink
from tests.http.rig import DATE, Rig, request


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
