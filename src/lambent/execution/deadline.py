"""A deadline that is set and cancelled for every invocation, over a timer that is seldom set.

Nearly every deadline is cancelled within a millisecond; a timer for each would stay in the wheel until its time, tens of
thousands of them under load. So one timer is left running, and looks when it fires whether its time has come.
"""

from collections.abc import Callable

from lambent.kit.clock import Clock
from lambent.kit.wheel import Timer, TimerWheel


class Deadline:
    """Calls `call` when the time that was set last has come, unless cancelled before."""

    __slots__ = ("_call", "_clock", "_due", "_fires_at", "_timer", "_wheel")

    def __init__(self, *, clock: Clock, wheel: TimerWheel, call: Callable[[], None]) -> None:
        self._clock, self._wheel, self._call = clock, wheel, call
        self._due: float | None = None
        self._timer: Timer | None = None
        self._fires_at = 0.0

    def set(self, due: float, *, now: float) -> None:
        """Call at `due`, both by the monotonic clock; replaces what was set before."""
        self._due = due
        if self._timer is None or self._fires_at > due:
            self._arm(due, now)

    def cancel(self) -> None:
        """Do not call."""
        self._due = None

    def _arm(self, due: float, now: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._fires_at = due
        self._timer = self._wheel.set(due - now, self._fired)

    def _fired(self) -> None:
        self._timer = None
        due = self._due
        if due is None:
            return
        now = self._clock.monotonic()
        if now < due:
            self._arm(due, now)
        else:
            self._due = None
            self._call()
