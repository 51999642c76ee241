"""The log writer's thread."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

import pytest

from lambent.kit.backoff import Backoff
from lambent.model.logs import LogLine, LogStreamKey
from lambent.state.log_events import LogStoreUnavailable
from lambent.telemetry.writer import LogWriterThread, WriterLimits
from tests.fakes.clock import ManualClock

A = LogStreamKey("000000000000", "us-east-1", "/aws/lambda/hello", "a")
B = A._replace(stream="b")
QUICK = Backoff(first_seconds=0.001, longest_seconds=0.001)


class Store:
    """Keeps batches; waits at its gate, and fails as often as it is told to."""

    def __init__(self, failures: Sequence[Exception] = (), *, forever: bool = False) -> None:
        self.batches: list[dict[LogStreamKey, list[bytes]]] = []
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()
        self.failures = list(failures)
        self.forever = forever
        self.threads: set[str] = set()
        self.closed = False

    def append(self, batch: Sequence[tuple[LogStreamKey, Sequence[LogLine]]]) -> None:
        self.threads.add(threading.current_thread().name)
        self.entered.set()
        self.gate.wait(10)
        if self.forever:
            raise LogStoreUnavailable("database or disk is full")
        if self.failures:
            raise self.failures.pop(0)
        self.batches.append({key: [line.message for line in lines] for key, lines in batch})

    def clear(self) -> None:
        if self.forever:
            raise LogStoreUnavailable("disk I/O error")
        self.batches.clear()

    def close(self) -> None:
        self.closed = True

    def messages(self, key: LogStreamKey) -> list[bytes]:
        return [m for batch in self.batches for m in batch.get(key, [])]


def writer(store: Store, limits: WriterLimits | None = None) -> LogWriterThread:
    return LogWriterThread(open_store=lambda: store, clock=ManualClock(), limits=limits)


def lines(*texts: bytes) -> list[LogLine]:
    return [LogLine(1, text) for text in texts]


async def entered(store: Store) -> None:
    """Until the thread has taken its first batch and stands at the gate."""
    await asyncio.to_thread(store.entered.wait, 10)


async def test_closing_writes_all_that_waits_in_its_order() -> None:
    store = Store()
    async with writer(store) as sink:
        for i in range(100):
            sink.append(A if i % 2 else B, lines(b"%d" % i))
    assert store.messages(A) == [b"%d" % i for i in range(1, 100, 2)]
    assert store.messages(B) == [b"%d" % i for i in range(0, 100, 2)]
    assert store.closed
    assert all(name.startswith("log-writer") for name in store.threads)


async def test_no_thread_is_left_behind() -> None:
    before = threading.active_count()
    async with writer(Store()) as sink:
        sink.append(A, lines(b"x"))
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


async def test_what_comes_during_a_commit_shares_the_next_one() -> None:
    store = Store()
    store.gate.clear()
    async with writer(store) as sink:
        sink.append(A, lines(b"first"))
        await entered(store)
        for _ in range(50):
            sink.append(A, lines(b"later"))
            sink.append(B, lines(b"later"))
        store.gate.set()
    assert [len(batch) for batch in store.batches] == [1, 2]
    assert len(store.messages(A)) == 51


async def test_a_failure_to_open_is_raised_on_entering_and_leaves_no_thread() -> None:
    def fail() -> Store:
        raise LogStoreUnavailable("unable to open database file")

    before = threading.active_count()
    sink = LogWriterThread(open_store=fail, clock=ManualClock())
    with pytest.raises(LogStoreUnavailable, match="unable to open"):
        await sink.__aenter__()
    await sink.close()
    assert threading.active_count() == before


async def test_a_store_that_opens_too_late_is_closed_again() -> None:
    store, opening, go_on = Store(), threading.Event(), threading.Event()

    def open_slowly() -> Store:
        opening.set()
        go_on.wait(10)
        return store

    sink = LogWriterThread(open_store=open_slowly, clock=ManualClock())
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sink.__aenter__())
        await asyncio.to_thread(opening.wait, 10)
        task.cancel()
    go_on.set()
    await until(lambda: store.closed)


async def test_a_full_disk_is_tried_again_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    store = Store([LogStoreUnavailable("disk is full")] * 5)
    with caplog.at_level(logging.INFO):
        async with writer(store, WriterLimits(backoff=QUICK)) as sink:
            sink.append(A, lines(b"kept"))
    assert store.messages(A) == [b"kept"]
    said = [r for r in caplog.records if r.name == "lambent.telemetry.writer"]
    assert [r.levelname for r in said] == ["ERROR", "INFO"]
    assert "disk is full" in said[0].getMessage()


async def test_closing_gives_up_on_a_store_that_stays_full(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store(forever=True)
    limits = WriterLimits(backoff=QUICK, close_seconds=0.01)
    async with writer(store, limits) as sink:
        sink.append(A, lines(b"lost"))
    assert store.closed
    assert "could not be written" in caplog.text


async def test_a_fault_of_ours_costs_one_batch_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store([ZeroDivisionError()])
    store.gate.clear()
    async with writer(store) as sink:
        sink.append(A, lines(b"lost"))
        await entered(store)
        sink.append(A, lines(b"kept"))
        store.gate.set()
    assert store.messages(A) == [b"kept"]
    assert "ZeroDivisionError" in caplog.text


async def test_it_is_congested_from_half_on_and_no_more_when_written() -> None:
    store = Store()
    store.gate.clear()
    limits = WriterLimits(queue_bytes=10_000, linger_seconds=0)
    async with writer(store, limits) as sink:
        sink.append(A, lines(b"x" * 4_000))
        assert not sink.congested
        sink.append(A, lines(b"x" * 1_000))
        assert sink.congested
        store.gate.set()
        await until(lambda: not sink.congested)


async def test_lines_over_the_bound_are_lost_and_the_stream_says_how_many_and_where() -> None:
    store = Store()
    store.gate.clear()
    limits = WriterLimits(queue_bytes=10_000, linger_seconds=0)
    async with writer(store, limits) as sink:
        sink.append(A, lines(b"before" + b"x" * 4_000))
        await entered(store)
        sink.append(A, lines(b"also before" + b"x" * 5_000))
        sink.append(A, [LogLine(1, b"one\ntwo\n" * 500, many=True)])
        sink.append(B, lines(b"x" * 9_000))
        store.gate.set()
        await until(lambda: not sink.congested)
        sink.append(A, lines(b"after"))
    of_a = store.messages(A)
    assert [m[:9] for m in of_a] == [b"beforexxx", b"also befo", b"[lambent]", b"after"]
    assert of_a[2].startswith(b"[lambent] 1000 log lines (4000 bytes) are missing here")
    assert [m[:23] for m in store.messages(B)] == [b"[lambent] 1 log lines ("]


async def test_lines_after_closing_are_lost_quietly() -> None:
    store = Store()
    async with writer(store) as sink:
        sink.append(A, lines(b"kept"))
    sink.append(A, lines(b"late"))
    await sink.close()
    assert store.messages(A) == [b"kept"]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)


async def test_clearing_removes_what_was_stored_and_what_was_queued_but_nothing_later() -> None:
    store = Store()
    async with writer(store) as sink:
        sink.append(A, lines(b"stored"))
        await entered(store)
        store.gate.clear()
        sink.append(A, lines(b"queued"))
        async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
            tasks.create_task(sink.clear())
            await asyncio.sleep(0)
            sink.append(A, lines(b"later"))
            store.gate.set()
    assert store.messages(A) == [b"later"]


async def test_a_store_that_cannot_be_written_does_not_hold_up_clearing() -> None:
    store = Store([LogStoreUnavailable("full")] * 1_000)
    slow = WriterLimits(backoff=Backoff(first_seconds=60, longest_seconds=60))
    async with writer(store, slow) as sink:
        sink.append(A, lines(b"unwritten"))
        await entered(store)
        async with asyncio.timeout(10):
            await sink.clear()
        store.failures.clear()
    assert store.batches == []


async def test_a_store_that_cannot_be_cleared_says_so() -> None:
    store = Store()
    async with writer(store) as sink:
        store.forever = True
        with pytest.raises(LogStoreUnavailable, match="disk I/O error"):
            await sink.clear()
        store.forever = False


async def test_after_the_end_nothing_is_cleared() -> None:
    store = Store()
    async with writer(store) as sink:
        await sink.close()
        with pytest.raises(LogStoreUnavailable):
            await sink.clear()
