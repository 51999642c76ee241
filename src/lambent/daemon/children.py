"""The supervised programs: which run, which wait for their next start, which crash-loop."""

import logging
import signal
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Final

from lambent.daemon.processes import Processes, Program, ending
from lambent.kit.backoff import Backoff
from lambent.kit.clock import Clock

SETTLED_SECONDS: Final = 1.0
"""Who lived this long is started again at once when it ends."""
WINDOW_SECONDS: Final = 10.0
_KILL_SECONDS: Final = 5.0
CRASHES: Final = 3
"""So many ends within the window are a crash loop."""

_log = logging.getLogger(__name__)


class Child:
    """One program, started again with back-off whenever it ends."""

    def __init__(
        self, program: Program, *, processes: Processes, clock: Clock, backoff: Backoff
    ) -> None:
        self.program = program
        self._processes, self._clock, self._backoff = processes, clock, backoff
        self._pid: int | None = None
        self._started_at, self._due_at = 0.0, clock.monotonic()
        self._short_lives = 0
        self._ends: deque[float] = deque(maxlen=CRASHES)
        self._looping = self._stopping = False
        self.restarts = 0

    @property
    def pid(self) -> int | None:
        """None while it does not run."""
        return self._pid

    @property
    def looping(self) -> bool:
        """Whether it ended so often of late that its work is not being done."""
        return self._looping

    def due_in(self) -> float | None:
        """Seconds until this child needs attention, or None."""
        now = self._clock.monotonic()
        if self._pid is None:
            return max(self._due_at - now, 0.0)
        return max(self._ends[0] + WINDOW_SECONDS - now, 0.0) if self._looping else None

    def attend(self) -> None:
        """Start it if that is due; notice that it has held."""
        now = self._clock.monotonic()
        if self._looping and self._pid is not None and not self._crowded(now):
            self._looping = False
            _log.info("%s holds again", self.program.name, extra={"pid": self._pid})
        if self._pid is None and now >= self._due_at and not self._stopping:
            self._start(now)

    def ended(self, code: int) -> None:
        """Take note that it ended and when it is to start again."""
        if self._stopping:
            _log.debug("%s %s", self.program.name, ending(code), extra={"pid": self._pid})
            self._pid = None
        else:
            self._failed(ending(code))

    def signal(self, number: signal.Signals) -> None:
        """Make it end, for good; harmless when it does not run."""
        self._stopping = True
        if self._pid is not None:
            self._processes.send(self._pid, number)

    def _start(self, now: float) -> None:
        self._started_at = now
        try:
            self._pid = self._processes.start(self.program)
        except OSError as error:
            self._failed(f"could not be started ({error.strerror})")
            return
        _log.debug("%s started", self.program.name, extra={"pid": self._pid})

    def _failed(self, how: str) -> None:
        now = self._clock.monotonic()
        settled = now - self._started_at >= SETTLED_SECONDS
        self._short_lives = 0 if settled else self._short_lives + 1
        delay = self._backoff.before(self._short_lives - 1)
        self._pid, self._due_at = None, now + delay
        self._ends.append(now)
        self.restarts += 1
        _log.warning("%s %s; starting it in %.1f s", self.program.name, how, delay)
        if not self._looping and self._crowded(now):
            self._looping = True
            _log.error(
                "%s crash-loops: it %s, the %s. end within %.0f s; its work is not being done",
                self.program.name,
                how,
                CRASHES,
                WINDOW_SECONDS,
            )

    def _crowded(self, now: float) -> bool:
        return len(self._ends) == CRASHES and now - self._ends[0] < WINDOW_SECONDS


class Children:
    """All of them, in the order in which they are started; they are stopped in the reverse order."""

    def __init__(
        self,
        programs: Sequence[Program],
        *,
        processes: Processes,
        clock: Clock,
        backoff: Backoff,
    ) -> None:
        self._processes, self._clock = processes, clock
        self._children = [
            Child(program, processes=processes, clock=clock, backoff=backoff)
            for program in programs
        ]
        self._hurried = False

    def attend(self) -> None:
        """Reap whatever has ended and start what is due."""
        self._reap()
        for child in self._children:
            child.attend()

    def due_in(self) -> float | None:
        """Seconds until `attend` has something to do even if no signal comes, or None."""
        waits = [wait for child in self._children if (wait := child.due_in()) is not None]
        return min(waits, default=None)

    def pids(self) -> Mapping[str, int]:
        """Of those that run, by name."""
        return {c.program.name: c.pid for c in self._children if c.pid is not None}

    def restarts(self) -> Mapping[str, int]:
        """How often each was started again, by name."""
        return {child.program.name: child.restarts for child in self._children}

    def looping(self) -> Sequence[str]:
        """Names of those that crash-loop."""
        return [child.program.name for child in self._children if child.looping]

    def stop(self) -> None:
        """End all, one after another, each within its grace or by SIGKILL.

        A SIGINT meanwhile (somebody is in a hurry) kills what is left at once.
        """
        for child in reversed(self._children):
            self._stop(child)

    def end_orphans(self, seconds: float) -> None:
        """Kill and reap what was adopted until none is left, but take no longer than `seconds`."""
        deadline = self._clock.monotonic() + seconds
        self._reap()
        while not self._processes.childless() and self._clock.monotonic() < deadline:
            self._processes.kill_children()
            self._processes.wait(deadline - self._clock.monotonic())
            self._reap()

    def _stop(self, child: Child) -> None:
        if not self._hurried:
            child.signal(signal.SIGTERM)
            self._await_end(child, child.program.grace_seconds, may_hurry=True)
        child.signal(signal.SIGKILL)
        self._await_end(child, _KILL_SECONDS, may_hurry=False)
        if child.pid is not None:
            _log.error("%s does not end", child.program.name, extra={"pid": child.pid})

    def _await_end(self, child: Child, seconds: float, *, may_hurry: bool) -> None:
        deadline = self._clock.monotonic() + seconds
        self._reap()
        while child.pid is not None and (left := deadline - self._clock.monotonic()) > 0:
            if self._processes.wait(left) == signal.SIGINT and may_hurry:
                self._hurried = True
                return
            self._reap()

    def _reap(self) -> None:
        by_pid = {child.pid: child for child in self._children}
        for pid, code in self._processes.reap():
            child = by_pid.get(pid)
            if child is not None:
                child.ended(code)
            else:
                _log.debug("an orphan %s", ending(code), extra={"pid": pid})
