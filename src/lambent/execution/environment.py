"""One execution environment, from the making of its sandbox to its end, by callbacks on the loop."""

import asyncio
import logging
import socket
from functools import partial
from itertools import count
from math import ceil

from lambent.execution.bound import Bound
from lambent.execution.chores import pause
from lambent.execution.deadline import Deadline
from lambent.execution.endings import ASKED_FOR, Cause, End, Evidence
from lambent.execution.faults import is_platform_error_type, oversize_fault, timeout_fault
from lambent.execution.fitting import fit
from lambent.execution.journal import Journal
from lambent.execution.owner import Owner
from lambent.execution.phases import (
    NEXT_PHASE,
    UNUSED,
    Phase,
    PhaseRefused,
    Signal,
    knows,
    next_phase,
)
from lambent.execution.port import Closeable, Inside, InstalledRuntime
from lambent.execution.surroundings import Surroundings
from lambent.execution.ticket import Ticket
from lambent.kit.wheel import Timer
from lambent.model.errors import ServiceFailure
from lambent.model.function import FunctionVersion
from lambent.model.limits import FULL_CORE_MB, MAX_RESPONSE_BYTES
from lambent.model.logs import LogStreamKey
from lambent.runtime_api.port import InvokeOrder, RuntimeChannel, RuntimeFault, StartOrder
from lambent.sandbox.port import Ending, Sandbox, SandboxFailure, SandboxPlan

_log = logging.getLogger(__name__)


class Environment:
    """A sandbox whose interpreter boots, waits, is bound to one function version, and then runs its invocations.

    It is the `RuntimeListener` of its channel. `boot` makes it, `bind` gives it a function (a waiting one that has none is
    a stem cell), `invoke` runs one invocation, `end` ends it; its owner is told of everything else.
    """

    def __init__(
        self, *, around: Surroundings, runtime: InstalledRuntime, plan: SandboxPlan, owner: Owner
    ) -> None:
        self._around, self._runtime, self._plan, self._owner = around, runtime, plan, owner
        self.phase = Phase.MAKING
        self.log_stream = ""  # until it is bound
        self.idle_since = 0.0
        """When it was last put aside, by the monotonic clock; its owner's to set."""
        self._sandbox: Sandbox | None = None
        self._services: list[Closeable] = []
        self._channel: RuntimeChannel | None = None
        self._bound: Bound | None = None
        self._ticket: Ticket | None = None
        self._timer: Timer | None = None
        self._last_words: Timer | None = None
        self._deadline = Deadline(
            clock=around.clock, wheel=around.wheel, call=partial(self._begin_end, Cause.TIMEOUT)
        )
        self._began = self._init_began = 0.0
        self._evidence = Evidence()
        self._end: End | None = None
        self._spent = False

    # What its owner asks for.

    def boot(self) -> None:
        """Make the sandbox and bring its interpreter up; `environment_waiting` or `environment_lost` follows."""
        self._around.chores.start(self._make(), name="make environment")

    def bind(
        self,
        function: FunctionVersion,
        *,
        owner: Owner,
        log_stream: str = "",
        ticket: Ticket | None = None,
    ) -> None:
        """Give a waiting environment its function and let it init.

        With a `ticket` this is the second init of a function whose first one failed: it counts as part of that invocation,
        under the function's timeout, and writes on in `log_stream`. Raises PhaseRefused unless it is waiting.
        """
        self._step(Signal.BIND)
        self._owner, self._ticket = owner, ticket
        self.log_stream = log_stream or self._around.streams.fresh(function).stream
        self._around.chores.start(self._bind(function), name="bind environment")

    def freeze(self) -> Sandbox | None:
        """Count as frozen until it is invoked; its sandbox, for whoever freezes it. None unless it is ready."""
        if self.phase is not Phase.READY:
            return None
        self._step(Signal.FREEZE)
        return self._sandbox

    def invoke(self, ticket: Ticket) -> None:
        """Run an invocation. Raises PhaseRefused unless it is ready or frozen."""
        if self.phase is Phase.FROZEN and self._sandbox is not None:
            self._sandbox.thaw(self.broken)  # what is written meanwhile is read once it is thawed
        self._step(Signal.INVOKE)
        bound = self._bound
        if bound is None:
            raise PhaseRefused("no environment is ready unbound")
        now = self._began = self._around.clock.monotonic()
        self._deadline.set(now + bound.function.timeout_seconds, now=now)
        bound.journal.begin(ticket.invocation)
        self._hand_over(ticket, bound, bound.function.timeout_seconds)

    def end(self, cause: Cause = Cause.RETIRED) -> None:
        """End it, whatever it does; an invocation that it runs is answered with ServiceFailure. May be called again."""
        self._begin_end(cause)

    # What the runtime says: `RuntimeListener`.

    def runtime_waiting(self) -> None:
        """The interpreter is up."""
        if self._told(Signal.RUNTIME_WAITING):
            self._stop_timer()
            self._owner.environment_waiting(self)

    def init_finished(self, *, peak_memory_bytes: int) -> None:
        """The handler is loaded."""
        bound, ticket = self._bound, self._ticket
        if not self._told(Signal.INIT_FINISHED) or bound is None:
            return
        bound.journal.used(peak_memory_bytes)
        self._around.chores.start(self._limit(bound.function), name="limit environment")
        now = self._around.clock.monotonic()
        if ticket is None:
            self._stop_timer()
            bound.journal.init_finished(now - self._init_began)
            self._owner.environment_initialised(self)
        else:
            self._step(Signal.INVOKE)
            self._hand_over(ticket, bound, bound.function.timeout_seconds - (now - self._began))

    def init_failed(self, error: RuntimeFault) -> None:
        """The handler could not be loaded; the runtime is given a moment to exit by itself."""
        if self.phase is not Phase.INIT:
            self._begin_end(Cause.LOST, f"an init error while {self.phase}")
        self._evidence.init_error = error
        self._dying()

    def responded(self, request_id: str, body: bytes, *, peak_memory_bytes: int) -> None:
        """The handler returned."""
        if len(body) <= MAX_RESPONSE_BYTES:
            self._answered(request_id, body, None, peak_memory_bytes)
        else:
            fault = oversize_fault()
            self._answered(request_id, fault.payload, fault.error_type, peak_memory_bytes)

    def failed(self, request_id: str, error: RuntimeFault, *, peak_memory_bytes: int) -> None:
        """The handler raised."""
        shown = error.error_type if is_platform_error_type(error.error_type) else ""
        self._spent |= error.fatal
        self._answered(request_id, error.body, shown, peak_memory_bytes)

    def broken(self, reason: str) -> None:
        """The channel came to its end, or the runtime broke its rules."""
        self._evidence.broken = reason
        self._dying()

    # Making, binding, limiting, killing: chores, since the spawner takes its time.

    async def _make(self) -> None:
        try:
            sandbox = await self._around.sandboxes.make(self._plan)
        except SandboxFailure as failure:
            self._begin_end(Cause.UNMADE, str(failure))
            self._gone()
            return
        self._sandbox = sandbox
        if not knows(self.phase, Signal.MADE):  # ended meanwhile
            await self._kill(sandbox)
            return
        self._step(Signal.MADE)
        self._end_in(self._around.boot_timeout_seconds, Cause.BOOT_TIMEOUT)
        sandbox.ended.add_done_callback(self._runtime_ended)
        self._channel = channel = self._around.channels(self._runtime, sandbox, self)
        await self._serve(sandbox.runtime_api, Inside.RUNTIME_API, channel)
        await self._serve(sandbox.endpoint, Inside.ENDPOINT, channel)

    async def _serve(self, listener: socket.socket, kind: Inside, channel: RuntimeChannel) -> None:
        if self._end is not None:
            return
        service = await self._around.serve(listener, kind, channel)
        if self._end is None:
            self._services.append(service)
        else:  # ended meanwhile
            service.close()

    async def _bind(self, function: FunctionVersion) -> None:
        sandbox, channel = self._sandbox, self._channel
        if sandbox is None or channel is None:
            return
        try:
            await fit(sandbox, function, plan=self._plan, trees_dir=self._around.trees_dir)
        except SandboxFailure as failure:
            self._begin_end(Cause.UNBOUND, str(failure))
            return
        if knows(self.phase, Signal.BOUND):
            self._step(Signal.BOUND)
            self._start(function, sandbox, channel)

    def _start(self, function: FunctionVersion, sandbox: Sandbox, channel: RuntimeChannel) -> None:
        around, key, ticket = self._around, function.key, self._ticket
        self._init_began = self._began = around.clock.monotonic()
        if ticket is None:
            self._end_in(around.init_seconds(function), Cause.INIT_TIMEOUT)
        else:
            self._deadline.set(self._began + function.timeout_seconds, now=self._began)
        stream = LogStreamKey(key.account_id, key.region, function.log_group, self.log_stream)
        capture = around.captures(output=sandbox.output, key=stream)
        journal = Journal(capture=capture, function=function, shows_init=not around.provisioned)
        self._bound = Bound(function=function, channel=channel, journal=journal)
        if ticket is None:
            journal.init_began(self._runtime)
        else:
            journal.begin(ticket.invocation)
        variables = around.variables(function, log_stream=self.log_stream)
        channel.start(StartOrder(handler=function.handler, environ=variables))

    async def _limit(self, function: FunctionVersion) -> None:
        """Take the full core of the init away again; an environment that keeps it does not live on."""
        if self._sandbox is None:
            return
        cores = function.memory_mb / FULL_CORE_MB
        try:
            await self._sandbox.limit(memory_mb=function.memory_mb, cores=cores)
        except SandboxFailure as failure:
            _log.info("an environment could not be limited and is ended: %s", failure)
            self._spent = True
            if self.phase in UNUSED:
                self.end()

    async def _kill(self, sandbox: Sandbox) -> None:
        for attempt in count(1):  # ends with success, or with the chores
            try:
                self._evidence.killed = await sandbox.kill()
                break
            except SandboxFailure as failure:
                _log.warning("an environment could not be killed yet: %s", failure)
                await pause(self._around.wheel, self._around.kill_backoff.before(attempt))
        try:
            self._conclude()
        finally:
            self._gone()

    # An invocation.

    def _hand_over(self, ticket: Ticket, bound: Bound, remaining_seconds: float) -> None:
        self._ticket = ticket
        invocation = ticket.invocation
        bound.journal.started(invocation)
        bound.channel.invoke(
            InvokeOrder(
                request_id=invocation.request_id,
                deadline_epoch_ms=self._around.clock.epoch_ms() + ceil(remaining_seconds * 1000),
                invoked_arn=invocation.invoked_arn,
                trace_id=invocation.trace_id,
                client_context=invocation.client_context,
                payload=invocation.payload,
            )
        )

    def _answered(self, request_id: str, body: bytes, error_type: str | None, peak: int) -> None:
        ticket, bound = self._ticket, self._bound
        if ticket is None or bound is None or ticket.invocation.request_id != request_id:
            self._begin_end(Cause.LOST, "an answer to nothing that was asked")
            return
        if not self._told(Signal.ANSWERED):
            return
        seconds = self._around.clock.monotonic() - self._began
        self._deadline.cancel()
        self._ticket = None
        bound.journal.used(peak)
        outcome = bound.journal.answered(
            ticket.invocation, payload=body, seconds=seconds, error_type=error_type
        )
        if self._spent or self._evidence.ending is not None:
            self.end()
        else:
            self._owner.environment_freed(self)
        ticket.settle(outcome)

    # Its end.

    def _runtime_ended(self, ended: asyncio.Future[Ending]) -> None:
        if not ended.cancelled():
            self._evidence.ending = ended.result()
            self._dying()

    def _dying(self) -> None:
        """End it, but let a dying runtime's last answer, the end of its channel and its exit status come in first."""
        if not knows(self.phase, Signal.END):
            return
        if self._evidence.complete or self.phase in UNUSED:
            self._lost()
        elif self._last_words is None:
            self._last_words = self._around.wheel.set(self._around.last_words_seconds, self._lost)

    def _lost(self) -> None:
        self._begin_end(Cause.LOST, self._evidence.broken or "its runtime ended")

    def _begin_end(self, cause: Cause, reason: str = "") -> None:
        if not knows(self.phase, Signal.END):
            return
        around, at = self._around, self._around.clock.monotonic()
        self._end = End(cause=cause, reason=reason or str(cause), phase=self.phase, at=at)
        self._step(Signal.END)
        self._deadline.cancel()
        self._stop_timer()
        if self._last_words is not None:
            self._last_words.cancel()
        if self._channel is not None:
            self._channel.close()
        for service in self._services:
            service.close()
        self._owner.environment_ending(self)
        if self._sandbox is not None:
            self._timer = around.wheel.set(around.kill_patience_seconds, self._conclude)
            around.chores.start(self._kill(self._sandbox), name="kill environment")
        elif cause is Cause.UNMADE:
            self._conclude()

    def _conclude(self) -> None:
        """Once it is dead, or takes too long to die: say what that means for whoever waits."""
        end, self._end = self._end, None
        if end is None:
            return
        self._stop_timer()
        bound, ticket, self._ticket = self._bound, self._ticket, None
        if bound is not None:
            bound.journal.drain()
        if end.cause in ASKED_FOR:
            if ticket is not None:
                ticket.settle(ServiceFailure("The service stopped before the function had ended."))
        elif bound is None:
            self._owner.environment_lost(self, end.reason, ticket)
        elif ticket is not None:
            self._fail(ticket, bound, end)
        elif end.phase is Phase.INIT:
            fault = None if end.cause is Cause.INIT_TIMEOUT else self._evidence.fault("", end)
            seconds = end.at - self._init_began
            bound.journal.init_failed(seconds=seconds, phase="init", fault=fault)
            self._owner.environment_failed_init(self)

    def _fail(self, ticket: Ticket, bound: Bound, end: End) -> None:
        invocation, journal = ticket.invocation, bound.journal
        limit = float(bound.function.timeout_seconds)
        seconds = min(end.at - self._began, limit)
        timed_out = end.cause is Cause.TIMEOUT
        if timed_out:
            seconds, now = limit, self._around.clock.epoch_ms()
            fault = timeout_fault(invocation.request_id, seconds=limit, epoch_ms=now)
        else:
            fault = self._evidence.fault(invocation.request_id, end)
        if end.phase is Phase.INIT:
            journal.init_failed(
                seconds=min(end.at - self._init_began, limit),
                phase="invoke",
                fault=None if timed_out else fault,
            )
            journal.started(invocation)
        journal.used(self._evidence.peak_memory_bytes)
        ticket.settle(journal.failed(invocation, fault, seconds=seconds))

    def _gone(self) -> None:
        if self._bound is not None:
            self._bound.journal.close()
        self._step(Signal.GONE)
        self._owner.environment_gone(self)

    # Its phase.

    def _step(self, signal: Signal) -> None:
        self.phase = next_phase(self.phase, signal)

    def _told(self, signal: Signal) -> bool:
        """Take a step that the runtime asks for; one that is out of turn ends the environment."""
        after = NEXT_PHASE.get((self.phase, signal))
        if after is None:
            self._begin_end(Cause.LOST, f"{signal} while {self.phase}")
            return False
        self.phase = after
        return True

    def _end_in(self, seconds: float, cause: Cause) -> None:
        self._timer = self._around.wheel.set(seconds, partial(self._begin_end, cause))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
