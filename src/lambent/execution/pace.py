"""How many invocations are begun at once where idle environments wait for them.

More runtimes awake than processors only get into each other's way: each of them has lost its place in the processor's caches
when its turn comes (measured: four times the CPU a call with 32 of them on 2 processors). So of short invocations a few run
and the rest wait for one that is just done, whose environment is then at its warmest. What lasts longer than a window counts
for nothing here, and nobody is held back for longer than one: a function that sleeps has as many at once as ever.
"""

from collections import deque
from collections.abc import Callable
from typing import Final

from lambent.kit.clock import Clock
from lambent.kit.wheel import TimerWheel

_WINDOW_SECONDS: Final = 0.01


class Pace:
    """Counts what was begun in this window and has not ended; a host's pools share it."""

    def __init__(self, *, clock: Clock, wheel: TimerWheel, at_once: int) -> None:
        self._clock, self._wheel, self._at_once = clock, wheel, at_once
        self._window_ends = 0.0
        self._begun = 0
        self._held: deque[Callable[[], bool]] = deque()
        self._beating = False

    def allows(self) -> bool:
        """Whether another invocation may begin now."""
        if self._begun < self._at_once:
            return True
        return self._clock.monotonic() >= self._window_ends

    def begin(self) -> None:
        """An invocation begins."""
        now = self._clock.monotonic()
        if now >= self._window_ends:
            self._window_ends, self._begun = now + _WINDOW_SECONDS, 0
        self._begun += 1

    def end(self) -> None:
        """One has ended, and its environment has nothing to do: whoever is held the longest may begin."""
        if self._begun:
            self._begun -= 1
        while self._held and not self._held.popleft()():
            continue

    def hold(self, release: Callable[[], bool]) -> None:
        """Call `release` when there is room, or when the window is over; it says whether an invocation began."""
        self._held.append(release)
        if not self._beating:
            self._beating = True
            self._wheel.set(_WINDOW_SECONDS, self._beat)

    def _beat(self) -> None:
        """Whoever was held is held no longer."""
        self._beating = False
        held, self._held = self._held, deque()
        for release in held:
            release()
