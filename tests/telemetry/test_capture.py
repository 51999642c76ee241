"""Capturing an environment's output."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.telemetry.capture import CaptureLimits
from tests.fakes.log_sink import MemoryLogSink
from tests.telemetry.capture_bench import KEY, Bench, turns


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    yield made
    made.close()


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_lines_come_in_the_order_of_writing(bench: Bench) -> None:
    bench.capture.begin(wants_tail=False)
    bench.capture.line("START RequestId: 1 Version: $LATEST")
    bench.write(b"hello\nworld\n")
    bench.capture.drain()
    bench.capture.line("END RequestId: 1")
    bench.capture.close()
    assert bench.sink.events() == [
        "START RequestId: 1 Version: $LATEST\n",
        "hello\n",
        "world\n",
        "END RequestId: 1\n",
    ]
    assert {key for key, _ in bench.sink.appended} == {KEY}


async def test_output_is_read_as_it_comes_and_handed_over_soon(bench: Bench) -> None:
    bench.write(b"while it runs\n")
    await turns()
    assert bench.sink.events() == []
    bench.pass_time(0.07)
    assert bench.sink.events() == ["while it runs\n"]


async def test_many_invocations_are_handed_over_together(bench: Bench) -> None:
    for i in range(20):
        bench.capture.begin(wants_tail=False)
        bench.capture.line(f"START {i}")
        bench.capture.drain()
        bench.capture.line(f"END {i}")
    bench.pass_time(0.07)
    assert len(bench.sink.appended) == 1
    assert len(bench.sink.events()) == 40


async def test_much_is_handed_over_at_once(bench: Bench) -> None:
    bench.write(b"x" * 65_535 + b"\n")
    bench.capture.drain()
    assert [len(e) for e in bench.sink.events()] == [65_536]


async def test_lines_bear_the_time_of_their_reading(bench: Bench) -> None:
    start = bench.clock.epoch_ms()
    for text in (b"a\n", b"b\n"):
        bench.write(text)
        bench.capture.drain()
        bench.clock.advance(0.005)
    bench.capture.close()
    ((_, lines),) = bench.sink.appended
    assert [(line.epoch_ms - start, line.message) for line in lines] == [(0, b"a\n"), (5, b"b\n")]


async def test_an_unfinished_line_waits_for_its_end(bench: Bench) -> None:
    bench.write(b"half a ")
    bench.capture.drain()
    bench.pass_time(0.07)
    assert bench.sink.events() == []
    bench.write(b"line\nand ")
    bench.capture.drain()
    bench.write(b"more\n")
    bench.capture.drain()
    bench.capture.close()
    assert bench.sink.events() == ["half a line\n", "and more\n"]


async def test_an_unfinished_line_ends_with_the_invocation(bench: Bench) -> None:
    bench.capture.begin(wants_tail=True)
    bench.write(b"no newline")
    bench.capture.drain()
    bench.capture.line("END RequestId: 1")
    assert bench.capture.tail() == b"no newlineEND RequestId: 1\n"
    bench.capture.close()
    assert bench.sink.events() == ["no newline", "END RequestId: 1\n"]


async def test_a_platform_line_with_newlines_stays_one_event(bench: Bench) -> None:
    bench.capture.line("END RequestId: 1")
    bench.capture.line("REPORT RequestId: 1\t\nXRAY TraceId: 2\t")
    bench.capture.line("INIT_START")
    bench.capture.close()
    assert bench.sink.events() == [
        "END RequestId: 1\n",
        "REPORT RequestId: 1\t\nXRAY TraceId: 2\t\n",
        "INIT_START\n",
    ]


async def test_carriage_returns_and_bytes_that_are_not_utf8_are_kept(bench: Bench) -> None:
    bench.write(b"Traceback\rFile x\r\ncaf\xe9\n")
    bench.capture.close()
    assert b"".join(line.message for _, lines in bench.sink.appended for line in lines) == (
        b"Traceback\rFile x\r\ncaf\xe9\n"
    )
    assert len(bench.sink.events()) == 2


async def test_an_endless_line_is_cut_between_characters() -> None:
    bench = Bench(CaptureLimits(longest_line_bytes=1_000))
    bench.write("\u20ac".encode() * 1_000 + b"\n")
    bench.capture.drain()
    bench.close()
    events = bench.sink.events()
    assert [len(e) for e in events] == [
        1_001
    ]  # whole within one read: only what is unfinished is cut
    bench = Bench(CaptureLimits(longest_line_bytes=1_000))
    bench.write("\u20ac".encode() * 1_000)
    bench.capture.drain()
    bench.write(b"\n")
    bench.close()
    assert [len(e) for e in bench.sink.events()] == [333, 333, 333, 2]
    assert "\ufffd" not in "".join(bench.sink.events())


async def test_the_tail_is_the_last_4096_bytes_of_this_invocation_only(bench: Bench) -> None:
    bench.capture.line("INIT_START")
    bench.capture.begin(wants_tail=True)
    bench.capture.line("START")
    bench.capture.line("END")
    assert bench.capture.tail() == b"START\nEND\n"
    bench.capture.begin(wants_tail=True)
    for i in range(40):
        bench.write(b"%04d" % i * 250 + b"\n")
        bench.capture.drain()
    bench.capture.line("REPORT")
    tail = bench.capture.tail()
    assert len(tail) == 4_096
    assert tail.endswith(b"0039" * 250 + b"\nREPORT\n")
    bench.capture.begin(wants_tail=False)
    bench.capture.line("START")
    assert bench.capture.tail() == b""


async def test_draining_reads_no_more_than_a_pipe_holds(bench: Bench) -> None:
    """A process that writes for ever is behind the pipe: here a thread refills what is read."""
    stop = threading.Event()

    def flood() -> None:
        while not stop.is_set():
            bench.write(b"z" * 4_095 + b"\n")

    os.set_blocking(bench.write_end, True)
    thread = threading.Thread(target=flood)
    thread.start()
    try:
        for _ in range(3):
            before = sum(len(e) for e in bench.sink.events())
            bench.capture.drain()
            assert sum(len(e) for e in bench.sink.events()) - before <= 2 * 65_536
    finally:
        stop.set()
        bench.capture.drain()
        thread.join()


async def test_over_its_rate_only_the_function_waits(bench: Bench) -> None:
    written = 0
    while not bench.unread():
        bench.write(b"x" * 65_535 + b"\n")
        written += 65_536
        await turns()
    assert 1_000_000 < written < 1_200_000
    bench.pass_time(0.05)
    await turns()
    assert not bench.unread()


async def test_printing_byte_by_byte_counts_too() -> None:
    bench = Bench(CaptureLimits(burst_bytes=10_000))
    for _ in range(10):
        bench.write(b"x")
        await turns()
    assert bench.unread() > 0
    bench.close()


async def test_it_pauses_while_the_sink_is_congested(bench: Bench) -> None:
    bench.sink.congested = True
    bench.write(b"one\n")
    await turns()
    bench.write(b"two\n")
    await turns()
    for _ in range(3):
        bench.pass_time(0.05)
        await turns()
    assert bench.sink.events() == ["one\n"]
    bench.sink.congested = False
    bench.pass_time(0.05)
    await turns()
    bench.pass_time(0.07)
    assert bench.sink.events() == ["one\n", "two\n"]


async def test_draining_far_over_the_rate_drops_and_says_so() -> None:
    bench = Bench(CaptureLimits(burst_bytes=1_000, debt_bytes=1_000))
    bench.write(b"0123456789\n" * 100)
    bench.capture.drain()
    bench.write(b"0123456789\n" * 100)
    bench.capture.drain()
    bench.write(b"0123456789\n" * 100)
    bench.capture.drain()
    bench.capture.line("END")
    bench.close()
    events = bench.sink.events()
    assert events.count("0123456789\n") == 100
    missing = [e for e in events if e.startswith("[lambent]")]
    told = (
        "[lambent] 100 log lines (1100 bytes) are missing here: "
        "more than 8000000 bytes a second were printed\n"
    )
    assert missing == [told, told]
    assert events[-1] == "END\n"


async def test_the_writers_end_ends_it(bench: Bench) -> None:
    bench.write(b"last words")
    bench.hang_up()
    await turns()
    bench.capture.drain()
    bench.capture.line("RequestId: 1 Error: Runtime exited")
    bench.capture.close()
    assert bench.sink.events() == ["last words", "RequestId: 1 Error: Runtime exited\n"]


async def test_the_sandbox_may_close_its_own_end_first() -> None:
    bench = Bench()
    bench.write(b"last words\n")
    os.close(bench.read_end)
    bench.read_end = -1
    bench.capture.drain()
    bench.close()
    assert bench.sink.events() == ["last words\n"]


async def test_closing_twice_is_harmless_and_leaves_no_descriptor() -> None:
    before = descriptors()
    bench = Bench()
    bench.capture.close()
    bench.close()
    assert descriptors() == before
    bench.capture.drain()
    bench.capture.line("after the end")
    assert bench.sink.events() == ["after the end\n"]
    bench.pass_time(1)


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    pieces=st.lists(st.binary(min_size=1, max_size=50).map(lambda b: b.replace(b"a", b"\n"))),
    limit=st.integers(8, 60),
)
def test_no_byte_is_lost_or_added_and_lines_are_split_at_newlines_only(
    pieces: list[bytes], limit: int
) -> None:
    async def capture() -> MemoryLogSink:
        bench = Bench(CaptureLimits(longest_line_bytes=limit))
        for piece in pieces:
            bench.write(piece)
            bench.capture.drain()
        bench.close()
        return bench.sink

    sink = asyncio.run(capture())
    lines = [line for _, batch in sink.appended for line in batch]
    assert b"".join(line.message for line in lines) == b"".join(pieces)
    assert all(line.many for line in lines)


async def test_the_tail_shows_the_lines_of_one_event_apart(bench: Bench) -> None:
    bench.capture.begin(wants_tail=True)
    bench.write(b"one\rtwo\r\nthree\n")
    bench.capture.drain()
    assert bench.capture.tail() == b"one\ntwo\nthree\n"
