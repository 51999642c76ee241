"""One timer wheel for many short-lived deadlines: setting and cancelling one costs no heap operation.

`asyncio`'s own `call_later` costs a heap push for each invocation and keeps cancelled timers; an invocation's deadline is
nearly always cancelled. The wheel rounds up to its tick and never fires early.
"""

from collections.abc import Callable
from math import ceil

from lambent.kit.clock import Clock


class Timer:
    """A deadline that was set; `cancel` it when what it guards has happened."""

    __slots__ = ("_call", "_due_tick")

    def __init__(self, due_tick: int, call: Callable[[], None]) -> None:
        self._due_tick = due_tick
        self._call: Callable[[], None] | None = call

    def cancel(self) -> None:
        """Never call; harmless when it was called already."""
        self._call = None

    def due(self, tick: int) -> bool:
        """Whether the deadline has come at `tick`."""
        return self._due_tick <= tick

    def fire(self) -> None:
        """Call, once, unless cancelled."""
        call, self._call = self._call, None
        if call is not None:
            call()

    @property
    def waiting(self) -> bool:
        """Whether it is neither fired nor cancelled."""
        return self._call is not None


class TimerWheel:
    """Deadlines in slots of `tick_seconds`; whoever owns the loop calls `advance` about once a tick."""

    def __init__(self, *, clock: Clock, tick_seconds: float = 0.01, slots: int = 4096) -> None:
        self._clock, self._tick_seconds = clock, tick_seconds
        self._slots: list[list[Timer]] = [[] for _ in range(slots)]
        self._origin = clock.monotonic()
        self._tick = 0

    def set(self, delay_seconds: float, call: Callable[[], None]) -> Timer:
        """Call `call` once `delay_seconds` have passed, from `advance`; up to one tick late, never early."""
        elapsed = self._clock.monotonic() - self._origin + max(delay_seconds, 0.0)
        due = max(ceil(elapsed / self._tick_seconds), self._tick + 1)
        timer = Timer(due, call)
        self._slots[due % len(self._slots)].append(timer)
        return timer

    def advance(self) -> None:
        """Fire what is due now; a call that raises leaves the rest for the next `advance`.

        What a call sets is due at the next tick at the earliest, so that `advance` always comes to an end.
        """
        now = int((self._clock.monotonic() - self._origin) / self._tick_seconds)
        first, self._tick = max(self._tick, now - len(self._slots)) + 1, max(self._tick, now)
        for tick in range(first, now + 1):
            try:
                self._sweep(tick % len(self._slots), now)
            except BaseException:
                self._tick = tick - 1
                raise

    def _sweep(self, index: int, now: int) -> None:
        slot = self._slots[index]
        if not slot:
            return
        self._slots[index] = [t for t in slot if t.waiting and not t.due(now)]
        due = [t for t in slot if t.waiting and t.due(now)]
        for at, timer in enumerate(due):
            try:
                timer.fire()
            except BaseException:
                self._slots[index].extend(due[at + 1 :])
                raise
