"""Reads what one execution environment prints and turns it, with the platform's own lines, into log lines in order.

On the path of every invocation: an invocation that prints nothing costs a few string operations and one read that finds
the pipe empty. Lines are not split here but where they are read back.
"""

import asyncio
import fcntl
import os
import sys
import termios
from dataclasses import dataclass

from lambent.kit.clock import Clock
from lambent.kit.wheel import TimerWheel
from lambent.model.limits import LOG_TAIL_BYTES
from lambent.model.logs import LogLine, LogStreamKey
from lambent.telemetry.port import LogSink


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureLimits:
    """How much is read, and when it is handed over."""

    gulp_bytes: int = 65_536
    bytes_per_second: int = 8_000_000
    burst_bytes: int = 1_000_000
    """What may come at once before the rate counts."""
    read_cost_bytes: int = 2_048
    """What a read counts at least, so that a function printing byte by byte can't keep the loop busy."""
    debt_bytes: int = 4_000_000
    """How far `drain` may pass the rate before it throws away what it reads."""
    longest_line_bytes: int = 1_048_550
    """An event has 1 MiB at most, of which AWS counts 26 bytes as its own."""
    hand_over_bytes: int = 65_536
    hand_over_seconds: float = 0.05
    """How long lines are kept together, so that those of many invocations go in one piece."""
    pause_seconds: float = 0.02


_DEFAULT_LIMITS = CaptureLimits()


class OutputCapture:
    """The output of one environment, from its making to `close`.

    It reads through a duplicate of the descriptor that it is given, so the sandbox may close its own at any time.
    Everything is called on the event loop.
    """

    def __init__(
        self,
        *,
        fd: int,
        key: LogStreamKey,
        sink: LogSink,
        clock: Clock,
        wheel: TimerWheel,
        loop: asyncio.AbstractEventLoop,
        limits: CaptureLimits = _DEFAULT_LIMITS,
    ) -> None:
        """Begin reading `fd`, the non-blocking read end of a pipe. Raises OSError when it is none."""
        self._key, self._sink, self._clock = key, sink, clock
        self._epoch_ms = clock.epoch_ms
        self._wheel, self._loop, self._limits = wheel, loop, limits
        self._fd = os.dup(fd)
        self._unread = bytearray(4)
        self._lines: list[LogLine] = []
        self._run: list[bytes] = []
        self._run_ms = 0
        self._pending_bytes = 0
        self._hand_over_bytes = limits.hand_over_bytes
        self._partial = bytearray()
        self._tail: bytearray | None = None
        self._due = self._closed = self._ended = False
        self._credit = limits.burst_bytes
        self._credited_at = clock.monotonic()
        self._reading = True
        loop.add_reader(self._fd, self._readable)

    def begin(self, *, wants_tail: bool) -> None:
        """An invocation begins: `tail` tells of what comes from here on, if it will be asked for."""
        self._tail = bytearray() if wants_tail else None

    def line(self, text: str) -> None:
        """Add an event of the platform's, after all that was read; a newline is put behind it.

        Text that holds newlines stays one event.
        """
        data = text.encode("utf-8", "replace") + b"\n"
        if "\n" not in text:
            self.record(data)
            return
        self._make_way(data)
        self._seal()
        self._lines.append(LogLine(self._epoch_ms(), data))
        self._pending_bytes += len(data)
        self._pend()

    def record(self, data: bytes) -> None:
        """Add whole lines of the platform's, each of them an event, after all that was read."""
        if self._partial or self._tail is not None:
            self._make_way(data)
        now = self._epoch_ms()
        if now != self._run_ms:
            self._seal()
            self._run_ms = now
        self._run.append(data)
        self._pending_bytes += len(data)
        if not self._due or self._pending_bytes >= self._hand_over_bytes:
            self._pend()

    def drain(self) -> None:
        """Read what is in the pipe now, whatever the rate, so that `line` comes after all the handler wrote.

        What is written while this reads is left for later: a process that goes on printing cannot keep the loop here.
        """
        if self._ended:
            return
        # Asking first costs a fifth of a read that finds nothing, which every quiet invocation would pay.
        fcntl.ioctl(self._fd, termios.FIONREAD, self._unread)
        waiting = int.from_bytes(self._unread, sys.byteorder)
        if not waiting:
            return
        data = self._read(waiting)
        self._credit -= len(data)
        if self._credit >= 0 or self._refill() >= -self._limits.debt_bytes:
            self._take(data)
            return
        dropped = data.count(b"\n")
        self._credit += len(data)  # what is thrown away costs nobody anything
        self.line(
            f"[lambent] {dropped} log lines ({len(data)} bytes) are missing here: "
            f"more than {self._limits.bytes_per_second} bytes a second were printed"
        )

    def tail(self) -> bytes:
        """The last 4,096 bytes since `begin`, lines of one event apart; empty when it was told that nobody wants them."""
        if self._tail is None:
            return b""
        return bytes(self._tail[-LOG_TAIL_BYTES:]).replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def close(self) -> None:
        """Read what is left, hand everything over and stop. May be called again; `line` still works after it."""
        if self._closed:
            return
        self.drain()
        self._stop_reading()
        self._closed = self._ended = True
        self._due = False  # from here on a line goes at once
        os.close(self._fd)
        if self._partial:
            self._cut(len(self._partial))
        self._hand_over()

    # Reading.

    def _read(self, size: int) -> bytes:
        """What is in the pipe, up to `size`; nothing when it is empty or its writers are gone."""
        try:
            data = os.read(self._fd, size)
        except BlockingIOError:
            return b""
        if not data:
            self._stop_reading()
            self._ended = True
        return data

    def _readable(self) -> None:
        data = self._read(self._limits.gulp_bytes)
        if not data:
            return
        self._take(data)
        self._credit -= max(len(data), self._limits.read_cost_bytes)
        if (self._credit < 0 and self._refill() < 0) or self._sink.congested:
            self._stop_reading()
            self._look_again()

    def _refill(self) -> float:
        now = self._clock.monotonic()
        earned = (now - self._credited_at) * self._limits.bytes_per_second
        self._credit = min(self._limits.burst_bytes, self._credit + int(earned))
        self._credited_at = now
        return self._credit

    def _stop_reading(self) -> None:
        if self._reading:
            self._loop.remove_reader(self._fd)
            self._reading = False

    def _look_again(self) -> None:
        """Read on later: only this function waits, in its write to the full pipe."""
        owed = -self._credit / self._limits.bytes_per_second
        self._wheel.set(max(owed, self._limits.pause_seconds), self._resume)

    def _resume(self) -> None:
        if self._ended or self._reading:
            return
        if self._refill() < 0 or self._sink.congested:
            self._look_again()
        else:
            self._loop.add_reader(self._fd, self._readable)
            self._reading = True

    # From bytes to lines.

    def _take(self, data: bytes) -> None:
        if self._tail is not None:
            self._keep_tail(data)
        end = data.rfind(b"\n") + 1
        if end:
            whole = data if end == len(data) else data[:end]
            if self._partial:
                whole = bytes(self._partial) + whole
                self._partial.clear()
            self._add(self._epoch_ms(), whole)
        self._partial += data[end:]
        while len(self._partial) >= self._limits.longest_line_bytes:
            self._cut(_character_boundary(self._partial, self._limits.longest_line_bytes))

    def _cut(self, size: int) -> None:
        """Make an event of the first bytes of an unfinished line."""
        self._add(self._epoch_ms(), bytes(self._partial[:size]))
        self._seal()  # the next bytes begin another event
        del self._partial[:size]

    def _make_way(self, data: bytes) -> None:
        """What the function has begun to write ends here, and `data` is the next that the tail tells of."""
        if self._partial:
            self._cut(len(self._partial))
        self._keep_tail(data)

    def _keep_tail(self, data: bytes) -> None:
        if (tail := self._tail) is None:
            return
        tail += data[-LOG_TAIL_BYTES:]
        if len(tail) > 4 * LOG_TAIL_BYTES:
            del tail[:-LOG_TAIL_BYTES]

    # From lines to the sink.

    def _add(self, now_ms: int, data: bytes) -> None:
        if now_ms != self._run_ms:
            self._seal()
            self._run_ms = now_ms
        self._run.append(data)
        self._pending_bytes += len(data)
        self._pend()

    def _seal(self) -> None:
        if self._run:
            self._lines.append(LogLine(self._run_ms, b"".join(self._run), many=True))
            self._run.clear()

    def _pend(self) -> None:
        if self._pending_bytes >= self._hand_over_bytes or self._closed:
            self._hand_over()
        elif not self._due:
            self._due = True
            self._wheel.set(self._limits.hand_over_seconds, self._hand_over_due)

    def _hand_over_due(self) -> None:
        self._due = False
        self._hand_over()

    def _hand_over(self) -> None:
        self._seal()
        if self._lines:
            lines, self._lines = self._lines, []
            self._pending_bytes = 0
            self._sink.append(self._key, lines)


def _character_boundary(data: bytearray, size: int) -> int:
    """`size`, or a little less where that would cut a UTF-8 character in two."""
    for back in range(1, 4):
        lead = data[size - back]
        if lead & 0xC0 != 0x80:
            length = 1 if lead < 0xC0 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
            return size if length <= back else size - back
    return size
