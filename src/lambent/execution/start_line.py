"""The queue in which functions stand for new environments."""

from collections import deque
from collections.abc import Callable
from typing import Protocol

from lambent.execution.admission import HostRoom


class Starter(Protocol):
    """A function that needs environments."""

    @property
    def size(self) -> int:
        """How many it has."""
        ...

    @property
    def needs_start(self) -> bool:
        """Whether more invocations wait than environments are on their way."""
        ...

    def start_one(self) -> None:
        """Begin to boot one."""
        ...


class StartLine:
    """Lets a few environments boot at a time, host-wide, one function after the other."""

    def __init__(self, *, room: HostRoom, at_once: int = 8) -> None:
        self._room, self._at_once = room, at_once
        self._line: deque[Starter] = deque()
        self._booting = 0
        self.landings = 0
        """How many came up since the beginning: as long as it grows, waiting makes sense."""
        self._moving = False
        self._relieve: Callable[[], bool] = _nothing_to_end

    def relieve_with(self, relieve: Callable[[], bool]) -> None:
        """`relieve` ends something that nobody uses, to make room, and says whether it found such a thing."""
        self._relieve = relieve

    @property
    def quiet(self) -> bool:
        """Whether nothing boots and nothing wants to."""
        return not self._booting and not self._line

    def want(self, starter: Starter) -> None:
        """Stand in line until `needs_start` is false."""
        if starter not in self._line:
            self._line.append(starter)
        self.move()

    def landed(self, *, up: bool) -> None:
        """An environment that was started is up, or has failed."""
        self._booting -= 1
        self.landings += up
        self.move()

    def move(self) -> None:
        """Start what may be started: call it whenever there may be more room than before."""
        if self._moving:
            return
        self._moving = True
        try:
            while self._booting < self._at_once and self._round():
                pass
        finally:
            self._moving = False

    def _round(self) -> bool:
        """Give everybody in line one turn; whether anything was started."""
        started = False
        for _ in range(len(self._line)):
            if self._booting >= self._at_once:
                return False
            starter = self._line.popleft()
            if not starter.needs_start:
                continue
            self._line.append(starter)
            if self._room.admits(of_function=starter.size, queued=True):
                self._booting += 1
                starter.start_one()
                started = True
            elif not self._room.ending:
                self._relieve()
        return started


def _nothing_to_end() -> bool:
    return False
