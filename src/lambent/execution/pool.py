"""The execution environments of one function version, and the invocations that wait for one."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from lambent.execution.admission import THROTTLED_BY_CONCURRENCY, HostRoom, Share
from lambent.execution.cells import Cells
from lambent.execution.endings import Cause
from lambent.execution.environment import Environment
from lambent.execution.maker import Maker
from lambent.execution.pace import Pace
from lambent.execution.phases import Phase
from lambent.execution.port import InstalledRuntime, Settle
from lambent.execution.start_line import StartLine
from lambent.execution.ticket import Ticket
from lambent.kit.backoff import Backoff
from lambent.kit.clock import Clock
from lambent.kit.wheel import Timer, TimerWheel
from lambent.model.errors import ServiceFailure, TooManyRequests
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Invocation

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """What the pools of a host share."""

    maker: Maker
    room: HostRoom
    line: StartLine
    cells: Cells
    pace: Pace
    clock: Clock
    wheel: TimerWheel
    patience_seconds: float = 10.0
    """How long an invocation waits while environments cannot be started."""
    longest_life_seconds: float = 11 * 3600.0
    """After this an environment takes no invocation any more: its credentials, which it has for good, are about to expire."""
    backoff: Backoff = field(
        default_factory=lambda: Backoff(first_seconds=0.05, longest_seconds=1.0)
    )


class Pool:
    """Hands invocations to environments: last in, first out; invocations wait first in, first out.

    It is the `Owner` of its environments and a `Starter` in the line.
    """

    def __init__(
        self,
        *,
        function: FunctionVersion,
        runtime: InstalledRuntime,
        share: Share,
        host: Host,
        make_way: Callable[[], bool],
        requeue: Callable[[Ticket], None],
    ) -> None:
        """`make_way` ends something unused elsewhere; `requeue` takes a ticket once this version is no longer run."""
        self.function = function
        self._runtime, self._share, self._host = runtime, share, host
        self._make_way, self._requeue = make_way, requeue
        self._members: set[Environment] = set()
        self._bound_at_ms: dict[Environment, int] = {}
        """By the wall clock, as credentials expire: the monotonic one stands still while the machine sleeps."""
        self._starting: set[Environment] = set()
        self._booting: set[Environment] = set()
        self._idle: list[Environment] = []
        self._held: deque[Ticket] = deque()
        """Admitted, with idle environments to take them, and held back for a moment by the pace."""
        self._waiting: deque[Ticket] = deque()
        self._retries: deque[tuple[Ticket, str]] = deque()
        """Invocations whose environment failed its init, with its log stream: they come first."""
        self._failures = 0
        self._backing_off: Timer | None = None
        self._retired = False
        self._emptied = asyncio.Event()

    # Invocations.

    def admit(self, invocation: Invocation, settle: Settle) -> None:
        """Take a place of the function's concurrency for it and run it. Raises TooManyRequests."""
        share = self._share
        share.enter()
        try:
            self.submit(Ticket(invocation=invocation, settle=settle, leave=share.leave))
        except TooManyRequests:
            share.leave()
            raise

    def submit(self, ticket: Ticket) -> None:
        """Run it in an idle environment, or let it wait for one. Raises TooManyRequests when there is no room."""
        if self._idle and (self._held or not self._host.pace.allows()):
            self._held.append(ticket)
            self._host.pace.hold(self._release)
        else:
            self._begin(ticket)

    def _begin(self, ticket: Ticket) -> None:
        while self._idle:
            environment = self._idle.pop()
            if not self._is_old(environment):
                self._host.pace.begin()
                environment.invoke(ticket)
                return
            environment.end()
        if not self._host.room.admits(of_function=self.size) and not self._make_way():
            raise TooManyRequests(THROTTLED_BY_CONCURRENCY)
        self.wait(ticket)

    def wait(self, ticket: Ticket) -> None:
        """Let an accepted invocation wait for an environment."""
        self._waiting.append(ticket)
        self._be_patient(ticket)
        self._grow()

    @property
    def size(self) -> int:
        """Environments that hold anything."""
        return len(self._members)

    @property
    def needs_start(self) -> bool:
        """Whether more invocations wait than environments are on their way."""
        wanted = len(self._waiting) + len(self._retries)
        return wanted > len(self._starting) and self._backing_off is None

    @property
    def idle_since(self) -> float | None:
        """When its least recently used environment was put aside; None without an idle one."""
        return self._idle[0].idle_since if self._idle else None

    @property
    def empty(self) -> bool:
        """Whether it holds nothing at all."""
        return not (self._members or self._held or self._waiting or self._retries)

    @property
    def frozen(self) -> int:
        """How many of its environments stand still."""
        return sum(environment.phase is Phase.FROZEN for environment in self._idle)

    def thawed_idle(self, unused_since: float) -> list[Environment]:
        """Idle environments that were put aside at `unused_since` or before and are not frozen, oldest first.

        The frozen ones are always the oldest: this costs nothing for a pool that has not been used for a while.
        """
        found: list[Environment] = []
        for environment in reversed(self._idle):
            if environment.phase is Phase.FROZEN:
                break
            if environment.idle_since <= unused_since:
                found.append(environment)
        found.reverse()
        return found

    def end_oldest_idle(self) -> None:
        """End its least recently used environment."""
        if self._idle:
            self._idle[0].end()

    def end_old(self) -> None:
        """End those of its idle environments that have lived long enough."""
        for environment in [e for e in self._idle if self._is_old(e)]:
            environment.end()

    def retire(self) -> list[Ticket]:
        """Stop: end what is not busy, let the busy finish, and hand back what waits, oldest first."""
        self._retired = True
        if self._backing_off is not None:
            self._backing_off.cancel()
        tickets = [ticket for ticket, _ in self._retries] + list(self._waiting)
        for ticket in tickets:
            self._found(ticket)
        tickets += self._held
        for line in (self._retries, self._waiting, self._held):
            line.clear()
        for environment in [*self._idle, *self._starting]:
            environment.end()
        return tickets

    def close(self) -> None:
        """End everything at once; what waits or runs is answered with ServiceFailure."""
        for ticket in self.retire():
            ticket.settle(ServiceFailure("The service stopped before the function could run."))
        for environment in tuple(self._members):
            environment.end(Cause.CLOSED)

    async def gone(self) -> None:
        """Return once it has no environment any more. The caller limits the time."""
        while self._members:
            self._emptied.clear()
            await self._emptied.wait()

    # Environments: `Owner`.

    def environment_waiting(self, environment: Environment) -> None:
        """Its interpreter is up: give it the function."""
        self._landed(environment, up=True)
        self._bind(environment)

    def environment_initialised(self, environment: Environment) -> None:
        """It takes its first invocation, or is put aside when another environment was faster."""
        self._started(environment)
        self._failures = 0
        self.environment_freed(environment)

    def environment_freed(self, environment: Environment) -> None:
        """It takes the oldest waiting invocation, or is put aside."""
        waited_for = self._waiting or self._retries or self._held
        if self._retired or (waited_for and self._is_old(environment)):
            environment.end()
            self._grow()
        elif waited_for:
            environment.invoke(self._oldest())
        else:  # how old it is by now is asked when it is taken again
            environment.idle_since = self._host.clock.monotonic()
            self._idle.append(environment)
            self._host.pace.end()

    def environment_ending(self, environment: Environment) -> None:
        """Hand nothing to it any more."""
        self._host.room.ending += 1
        self._started(environment)
        if environment in self._idle:
            self._idle.remove(environment)
        self._landed(environment, up=False)

    def environment_lost(
        self, environment: Environment, reason: str, ticket: Ticket | None
    ) -> None:
        """Our fault: try again after a while, for as long as the waiting are patient."""
        _log.warning(
            "an environment could not be started: %s",
            reason,
            extra={"function": self.function.key.arn, "attempt": self._failures + 1},
        )
        if ticket is not None and self._retired:
            self._requeue(ticket)
        elif ticket is not None:
            self._retries.appendleft((ticket, environment.log_stream))
            self._be_patient(ticket)
        self._back_off()

    def environment_failed_init(self, environment: Environment) -> None:
        """The oldest waiting invocation tries the init again, as part of itself."""
        if self._waiting:
            self._retries.append((self._waiting.popleft(), environment.log_stream))
        self._grow()

    def environment_gone(self, environment: Environment) -> None:
        """There is room again."""
        self._members.discard(environment)
        self._bound_at_ms.pop(environment, None)
        self._host.room.ended()
        self._host.line.move()
        if not self._members:
            self._emptied.set()

    # Starting.

    def start_one(self) -> None:
        """Begin to boot an environment; the line has given a turn."""
        function = self.function
        environment = self._host.maker.make(
            self._runtime,
            memory_mb=function.memory_mb,
            ephemeral_storage_mb=function.ephemeral_storage_mb,
            owner=self,
        )
        self._booting.add(environment)
        self._host.room.live += 1
        self._take_in(environment)
        environment.boot()

    def _grow(self) -> None:
        while self.needs_start:
            cell = self._host.cells.take(self._runtime, self)
            if cell is None:
                self._host.line.want(self)
                return
            self._take_in(cell)
            if cell.phase is Phase.WAITING:  # else it is about to
                self._bind(cell)

    def _take_in(self, environment: Environment) -> None:
        self._members.add(environment)
        self._starting.add(environment)
        self._host.room.starting += 1

    def _bind(self, environment: Environment) -> None:
        self._bound_at_ms[environment] = self._host.clock.epoch_ms()
        if not self._retries:
            environment.bind(self.function, owner=self)
            return
        ticket, log_stream = self._retries.popleft()
        self._found(ticket)
        self._started(environment)  # it has its invocation already
        environment.bind(self.function, owner=self, log_stream=log_stream, ticket=ticket)

    def _is_old(self, environment: Environment) -> bool:
        age_ms = self._host.clock.epoch_ms() - self._bound_at_ms[environment]
        return age_ms >= self._host.longest_life_seconds * 1_000

    def _landed(self, environment: Environment, *, up: bool) -> None:
        if environment in self._booting:
            self._booting.discard(environment)
            self._host.line.landed(up=up)

    def _started(self, environment: Environment) -> None:
        if environment in self._starting:
            self._starting.discard(environment)
            self._host.room.starting -= 1

    def _back_off(self) -> None:
        """Start none for a while, which grows with each failure."""
        self._failures += 1
        if self._backing_off is None and not self._retired:
            delay = self._host.backoff.before(self._failures)
            self._backing_off = self._host.wheel.set(delay, self._try_again)

    def _try_again(self) -> None:
        self._backing_off = None
        self._grow()

    # Waiting.

    def _oldest(self) -> Ticket:
        if self._held and not (self._retries or self._waiting):
            return self._held.popleft()
        ticket = self._retries.popleft()[0] if self._retries else self._waiting.popleft()
        self._found(ticket)
        return ticket

    def _release(self) -> bool:
        """The pace lets the next of the held begin, if no environment has taken it meanwhile."""
        if not self._held:
            return False
        ticket = self._held.popleft()
        try:
            self._begin(ticket)
        except TooManyRequests as error:
            ticket.settle(error)
        return True

    def _be_patient(self, ticket: Ticket) -> None:
        host = self._host
        host.room.waiting += 1
        now = host.clock.monotonic()
        if not ticket.waits_until:
            ticket.waits_until = now + host.patience_seconds
            ticket.landings = host.line.landings
        ticket.patience = host.wheel.set(ticket.waits_until - now, partial(self._impatient, ticket))

    def _found(self, ticket: Ticket) -> None:
        self._host.room.waiting -= 1
        ticket.stop_waiting()

    def _impatient(self, ticket: Ticket) -> None:
        """Give up if environments cannot be started; if there are only many to be started, wait on."""
        error = self._obstacle(ticket)
        self._found(ticket)
        if error is None:
            ticket.waits_until = 0.0
            self._be_patient(ticket)
            return
        self._retries = deque(pair for pair in self._retries if pair[0] is not ticket)
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        ticket.settle(error)

    def _obstacle(self, ticket: Ticket) -> ServiceFailure | TooManyRequests | None:
        """Why waiting makes no sense any more."""
        host = self._host
        if not self._starting and not host.room.admits(of_function=self.size, queued=True):
            return TooManyRequests(THROTTLED_BY_CONCURRENCY)
        initialising = any(environment.log_stream for environment in self._starting)
        stuck = host.line.landings == ticket.landings and not initialising
        if self._failures or stuck:
            return ServiceFailure("No execution environment could be started; try again.")
        return None
