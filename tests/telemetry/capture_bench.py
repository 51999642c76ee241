"""A capture with a pipe, a clock and a sink of its own."""

import asyncio
import fcntl
import os
import struct
import termios

from lambent.kit.wheel import TimerWheel
from lambent.model.logs import LogStreamKey
from lambent.telemetry.capture import CaptureLimits, OutputCapture
from tests.fakes.clock import ManualClock
from tests.fakes.log_sink import MemoryLogSink

KEY = LogStreamKey("000000000000", "us-east-1", "/aws/lambda/hello", "2025/11/25/[$LATEST]aa")


class Bench:
    """A pipe, a capture at its read end and everything that this needs."""

    def __init__(self, limits: CaptureLimits | None = None) -> None:
        self.read_end, self.write_end = os.pipe()
        os.set_blocking(self.read_end, False)
        self.clock = ManualClock()
        self.wheel = TimerWheel(clock=self.clock)
        self.sink = MemoryLogSink()
        self.capture = OutputCapture(
            fd=self.read_end,
            key=KEY,
            sink=self.sink,
            clock=self.clock,
            wheel=self.wheel,
            loop=asyncio.get_running_loop(),
            limits=limits or CaptureLimits(),
        )

    def close(self) -> None:
        self.capture.close()
        for end in (self.read_end, self.write_end):
            if end >= 0:
                os.close(end)

    def write(self, data: bytes) -> None:
        os.write(self.write_end, data)

    def hang_up(self) -> None:
        os.close(self.write_end)
        self.write_end = -1

    def pass_time(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.wheel.advance()

    def unread(self) -> int:
        """How many bytes are in the pipe."""
        (count,) = struct.unpack("i", fcntl.ioctl(self.read_end, termios.FIONREAD, b"\0" * 4))
        return int(count)


async def turns() -> None:
    """Let the loop look at its descriptors a few times."""
    for _ in range(5):
        await asyncio.sleep(0)
