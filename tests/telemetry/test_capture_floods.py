"""A flood of output takes bounded memory and loses nothing."""

import asyncio
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from lambent.model.logs import LogLine, LogStreamKey
from lambent.telemetry.capture import OutputCapture
from lambent.telemetry.writer import LogWriterThread, WriterLimits
from tests.telemetry.capture_bench import KEY, Bench


class Counting:
    """Keeps nothing but a count."""

    congested = False

    def __init__(self) -> None:
        self.bytes = 0

    def append(self, key: LogStreamKey, lines: Sequence[LogLine]) -> None:
        assert key == KEY
        self.bytes += sum(len(line.message) for line in lines)


@pytest.fixture
def traced() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


FLOOD_BYTES = 200_000_000
FLOOD = """
import sys
for _ in range(2_000):
    sys.stdout.buffer.write((b"y" * 99 + b"\\n") * 1_000)
"""


@contextmanager
def flood(end: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process that writes 200 MB into `end` as fast as it is read."""
    with subprocess.Popen([sys.executable, "-c", FLOOD], stdout=end) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.usefixtures("traced")
async def test_a_flood_of_200_megabytes_takes_bounded_memory() -> None:
    bench = Bench()
    sink = Counting()
    capture = OutputCapture(
        fd=bench.read_end,
        key=KEY,
        sink=sink,
        clock=bench.clock,
        wheel=bench.wheel,
        loop=asyncio.get_running_loop(),
    )
    bench.capture.close()
    with flood(bench.write_end) as process:
        while process.poll() is None:
            await asyncio.sleep(0)
            bench.pass_time(0.02)
    capture.close()
    bench.close()
    assert sink.bytes == FLOOD_BYTES
    assert tracemalloc.get_traced_memory()[1] < 3_000_000


class Stuck:
    """A store on a disk that takes nothing until it is let."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.bytes = 0

    def append(self, batch: Sequence[tuple[LogStreamKey, Sequence[LogLine]]]) -> None:
        self.gate.wait(15)
        self.bytes += sum(len(line.message) for _, lines in batch for line in lines)

    def clear(self) -> None:
        """Nothing is kept."""

    def close(self) -> None:
        """Nothing is held."""


@pytest.mark.usefixtures("traced")
async def test_a_flood_before_a_stuck_disk_waits_in_the_pipe_and_loses_nothing() -> None:
    store = Stuck()
    bench = Bench()
    limits = WriterLimits(queue_bytes=4_000_000, linger_seconds=0)
    writer = LogWriterThread(open_store=lambda: store, clock=bench.clock, limits=limits)
    async with writer as sink:
        capture = OutputCapture(
            fd=bench.read_end,
            key=KEY,
            sink=sink,
            clock=bench.clock,
            wheel=bench.wheel,
            loop=asyncio.get_running_loop(),
        )
        bench.capture.close()
        with flood(bench.write_end) as process:
            while not sink.congested:
                await asyncio.sleep(0)
                bench.pass_time(0.02)
            for _ in range(200):
                await asyncio.sleep(0)
                bench.pass_time(0.02)
            assert tracemalloc.get_traced_memory()[1] < 6_000_000
            store.gate.set()
            while process.poll() is None:
                await asyncio.sleep(0)
                bench.pass_time(0.02)
        capture.close()
    bench.close()
    assert store.bytes == FLOOD_BYTES
    assert tracemalloc.get_traced_memory()[1] < 12_000_000
