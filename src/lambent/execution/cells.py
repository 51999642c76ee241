"""Stem cells: environments that are up and waiting before a function needs them."""

import logging
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from lambent.execution.admission import HostRoom
from lambent.execution.demand import Demand
from lambent.execution.environment import Environment
from lambent.execution.maker import Maker
from lambent.execution.owner import Owner
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
_SPARING: Final = 1_000
"""As a function that has so many environments already: for cells beyond the first more of the host's memory is left."""
_STEADY_SECONDS: Final = 60.0
"""A cell that has waited for so long says that its runtime is well."""


class _Trouble:
    """Cells of one runtime that were lost one after the other."""

    __slots__ = ("failures", "not_before")

    def __init__(self) -> None:
        self.failures, self.not_before = 0, 0.0


class Cells:
    """Keeps a few waiting environments of the runtimes that are used; each serves one function version, once.

    They are booted when no invocation waits for a boot, a few at a time. It is their `Owner` until they are bound.
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
        most_per_runtime: int = 8,
        at_once: int = 1,
        lately_seconds: float = 600.0,
        refill_after_seconds: float = 0.1,
        backoff: Backoff | None = None,
    ) -> None:
        """`kept`: runtimes of which one cell is always there; `per_runtime`: how many there are at least of one used in the
        last `lately_seconds`; `at_once`: how many boot at a time."""
        self._maker, self._runtimes, self._room, self._line = maker, runtimes, room, line
        self._clock, self._wheel = clock, wheel
        self._kept, self._at_once = tuple(kept), at_once
        self._demand = Demand(
            fewest=per_runtime, most=most_per_runtime, lately_seconds=lately_seconds
        )
        self._refill_after = refill_after_seconds
        self._backoff = backoff or Backoff(first_seconds=0.5, longest_seconds=30.0)
        self._waiting: dict[str, list[Environment]] = {}
        self._booting: dict[Environment, str] = {}
        self._promised: dict[Environment, Owner] = {}
        """Those that are taken before they are up: what they say is passed on."""
        self._runtime_of: dict[Environment, str] = {}
        self._up_since: dict[Environment, float] = {}
        self._troubles: dict[str, _Trouble] = {}
        self._refill_timer: Timer | None = None
        self._closed = False
        self.lost = 0
        """How many died waiting or did not come up, since the beginning."""

    def keep(self, identifier: str) -> None:
        """Always have a cell of this runtime too, from now on."""
        self._kept = (*self._kept, identifier)
        self.refill()

    @property
    def waiting(self) -> int:
        """How many there are to be taken."""
        return sum(map(len, self._waiting.values()))

    @property
    def waiting_by_runtime(self) -> Mapping[str, int]:
        """How many there are of each runtime that has any."""
        return {identifier: len(cells) for identifier, cells in self._waiting.items() if cells}

    def take(self, runtime: InstalledRuntime, owner: Owner) -> Environment | None:
        """An environment for `owner`, waiting or about to (then the owner is told when it does), or None."""
        if self._closed:
            return None
        identifier = runtime.identifier
        self._demand.starts(identifier, self._clock.monotonic())
        if self._refill_timer is None or not self._refill_timer.waiting:
            self._refill_timer = self._wheel.set(self._refill_after, self.refill)
        cells = self._waiting.get(identifier)
        if cells:
            self._troubles.pop(identifier, None)
            cell = cells.pop()
            self._forget(cell)
            return cell
        booting = next((cell for cell, of in self._booting.items() if of == identifier), None)
        if booting is not None:
            self._settled(booting)
            self._promised[booting] = owner
        return booting

    def refill(self) -> None:
        """Boot what is missing, if nothing more urgent is under way, and end what is not needed any more."""
        now = self._clock.monotonic()
        wanted = {} if self._closed else self._wanted(now)
        for identifier, cells in self._waiting.items():
            for cell in cells[wanted.get(identifier, 0) :]:
                cell.end()
        for identifier, count in wanted.items():
            there = len(self._waiting.get(identifier, ())) + self._underway(identifier)
            trouble = self._troubles.get(identifier)
            if trouble is not None and now < trouble.not_before:
                continue
            for number in range(there, count):
                if not self._may_boot(number):
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
        wanted = dict(self._demand.wanted(now))
        for identifier in self._kept:
            wanted[identifier] = max(1, wanted.get(identifier, 0))
        return wanted

    def _underway(self, identifier: str) -> int:
        return sum(booting == identifier for booting in self._booting.values())

    def _may_boot(self, number: int) -> bool:
        calm = self._line.quiet and len(self._booting) < self._at_once and not self._room.excess
        return calm and self._room.admits(of_function=_SPARING if number else 0)

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
        self._booting[cell] = self._runtime_of[cell] = identifier
        self._room.live += 1
        self._room.starting += 1
        cell.boot()

    # `Owner`, until one is bound.

    def environment_waiting(self, environment: Environment) -> None:
        """It can be taken, unless it is already."""
        owner = self._promised.pop(environment, None)
        if owner is not None:
            self._forget(environment)
            owner.environment_waiting(environment)
            return
        identifier = self._booting[environment]
        self._settled(environment)
        self._up_since[environment] = self._clock.monotonic()
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
        owner = self._promised.get(environment)
        if owner is not None:
            owner.environment_ending(environment)
            return
        self._room.ending += 1
        self._settled(environment)
        for cells in self._waiting.values():
            if environment in cells:
                cells.remove(environment)

    def environment_lost(
        self, environment: Environment, reason: str, ticket: Ticket | None
    ) -> None:
        """It died waiting or did not come up; another takes its place, after a while that grows with each."""
        identifier, now = self._runtime_of[environment], self._clock.monotonic()
        trouble = self._troubles.setdefault(identifier, _Trouble())
        if now - self._up_since.get(environment, now) >= _STEADY_SECONDS:
            trouble.failures = 0
        trouble.failures += 1
        trouble.not_before = now + self._backoff.before(trouble.failures)
        self.lost += 1
        _log.warning(
            "a stem cell was lost: %s",
            reason,
            extra={"runtime": identifier, "attempt": trouble.failures},
        )
        owner = self._promised.get(environment)
        if owner is not None:
            owner.environment_lost(environment, reason, ticket)

    def environment_failed_init(self, environment: Environment) -> None:
        """Does not come: a cell has no function."""
        environment.end()

    def environment_gone(self, environment: Environment) -> None:
        """There is room again."""
        self._forget(environment)
        owner = self._promised.pop(environment, None)
        if owner is not None:
            owner.environment_gone(environment)
            return
        self._room.ended()
        self._line.move()

    def _settled(self, environment: Environment) -> None:
        if self._booting.pop(environment, None) is not None:
            self._room.starting -= 1

    def _forget(self, environment: Environment) -> None:
        self._runtime_of.pop(environment, None)
        self._up_since.pop(environment, None)
