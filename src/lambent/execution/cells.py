"""Stem cells: environments that are up and waiting before a function needs them."""

import logging
from collections.abc import Sequence
from itertools import chain

from lambent.execution.admission import HostRoom
from lambent.execution.environment import Environment
from lambent.execution.maker import Maker
from lambent.execution.port import InstalledRuntime, Runtimes
from lambent.execution.start_line import StartLine
from lambent.execution.ticket import Ticket
from lambent.kit.backoff import Backoff
from lambent.kit.clock import Clock
from lambent.kit.wheel import Timer, TimerWheel

_log = logging.getLogger(__name__)
CELL_MEMORY_MB = 128
"""Until it is bound to a function, whose MemorySize it then has."""
CELL_STORAGE_MB = 512
"""What nearly all functions have; who takes a cell for one with another size has it changed then."""


class Cells:
    """Keeps a few waiting environments of the runtimes that are used; each serves one function version, once.

    They are booted when no invocation waits for a boot, a few at a time. It is their `Owner` until they are taken.
    """

    def __init__(
        self,
        *,
        maker: Maker,
        runtimes: Runtimes,
        room: HostRoom,
        line: StartLine,
        clock: Clock,
        wheel: TimerWheel,
        kept: Sequence[str] = (),
        per_runtime: int = 2,
        at_once: int = 2,
        lately_seconds: float = 600.0,
        refill_after_seconds: float = 0.1,
        backoff: Backoff | None = None,
    ) -> None:
        """`kept`: runtimes of which one cell is always there; `per_runtime`: how many of one used in the last `lately_seconds`."""
        self._maker, self._runtimes, self._room, self._line = maker, runtimes, room, line
        self._clock, self._wheel = clock, wheel
        self._kept, self._per_runtime, self._at_once = tuple(kept), per_runtime, at_once
        self._lately, self._refill_after = lately_seconds, refill_after_seconds
        self._backoff = backoff or Backoff(first_seconds=0.5, longest_seconds=30.0)
        self._waiting: dict[str, list[Environment]] = {}
        self._booting: dict[Environment, str] = {}
        self._used_at: dict[str, float] = {}
        self._refill_timer: Timer | None = None
        self._failures, self._not_before = 0, 0.0
        self._closed = False

    def keep(self, identifier: str) -> None:
        """Always have a cell of this runtime too, from now on."""
        self._kept = (*self._kept, identifier)
        self.refill()

    @property
    def waiting(self) -> int:
        """How many there are to be taken."""
        return sum(map(len, self._waiting.values()))

    def take(self, runtime: InstalledRuntime) -> Environment | None:
        """A waiting environment for whoever binds it next, or None."""
        if self._closed:
            return None
        self._used_at[runtime.identifier] = self._clock.monotonic()
        if self._refill_timer is None or not self._refill_timer.waiting:
            self._refill_timer = self._wheel.set(self._refill_after, self.refill)
        cells = self._waiting.get(runtime.identifier)
        return cells.pop() if cells else None

    def refill(self) -> None:
        """Boot what is missing, if nothing more urgent is under way, and end what is not needed any more."""
        now = self._clock.monotonic()
        wanted = {} if self._closed else self._wanted(now)
        for identifier, cells in self._waiting.items():
            for cell in cells[wanted.get(identifier, 0) :]:
                cell.end()
        for identifier, count in wanted.items():
            missing = count - len(self._waiting.get(identifier, ())) - self._underway(identifier)
            for _ in range(missing):
                if now < self._not_before or not self._may_boot():
                    return
                self._boot(identifier)

    def shrink(self) -> bool:
        """Memory is short: end one of them; whether there was one."""
        cell = next(chain.from_iterable(self._waiting.values()), None)
        if cell is not None:
            cell.end()
        return cell is not None

    def close(self) -> None:
        """End them all."""
        self._closed = True
        cells = [*chain.from_iterable(self._waiting.values()), *self._booting]
        for cell in cells:
            cell.end()

    def _wanted(self, now: float) -> dict[str, int]:
        wanted = dict.fromkeys(self._kept, 1)
        for identifier, at in tuple(self._used_at.items()):
            if now - at > self._lately:
                del self._used_at[identifier]
            else:
                wanted[identifier] = max(self._per_runtime, wanted.get(identifier, 0))
        return wanted

    def _underway(self, identifier: str) -> int:
        return sum(booting == identifier for booting in self._booting.values())

    def _may_boot(self) -> bool:
        calm = self._line.quiet and len(self._booting) < self._at_once
        return calm and self._room.admits(of_function=0)

    def _boot(self, identifier: str) -> None:
        runtime = self._runtimes.find(identifier)
        if runtime is None:
            return
        cell = self._maker.make(
            runtime,
            memory_mb=CELL_MEMORY_MB,
            ephemeral_storage_mb=CELL_STORAGE_MB,
            owner=self,
        )
        self._booting[cell] = identifier
        self._room.live += 1
        self._room.starting += 1
        cell.boot()

    # `Owner`, until one is taken.

    def environment_waiting(self, environment: Environment) -> None:
        """It can be taken."""
        identifier = self._booting[environment]
        self._settled(environment)
        self._failures = 0
        self._waiting.setdefault(identifier, []).append(environment)
        self.refill()

    def environment_initialised(self, environment: Environment) -> None:
        """Does not come: a cell has no function."""
        environment.end()

    def environment_freed(self, environment: Environment) -> None:
        """Does not come: a cell has no function."""
        environment.end()

    def environment_ending(self, environment: Environment) -> None:
        """It cannot be taken any more."""
        self._room.ending += 1
        self._settled(environment)
        for cells in self._waiting.values():
            if environment in cells:
                cells.remove(environment)

    def environment_lost(
        self, environment: Environment, reason: str, ticket: Ticket | None
    ) -> None:
        """It died waiting or did not come up; another takes its place after a while."""
        del environment, ticket
        self._failures += 1
        self._not_before = self._clock.monotonic() + self._backoff.before(self._failures)
        _log.warning("a stem cell was lost: %s", reason, extra={"attempt": self._failures})

    def environment_failed_init(self, environment: Environment) -> None:
        """Does not come: a cell has no function."""
        environment.end()

    def environment_gone(self, environment: Environment) -> None:
        """There is room again."""
        del environment
        self._room.ended()
        self._line.move()

    def _settled(self, environment: Environment) -> None:
        if self._booting.pop(environment, None) is not None:
            self._room.starting -= 1
