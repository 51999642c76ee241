"""The environments of a function version that provisioned concurrency keeps ready."""

from collections.abc import Callable
from typing import Final

from lambent.execution.admission import Share
from lambent.execution.environment import Environment
from lambent.execution.pool import Host, Pool
from lambent.execution.port import InstalledRuntime, Settle
from lambent.execution.ticket import Ticket
from lambent.model.errors import TooManyRequests
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Invocation

INIT_FAILURE: Final = "FUNCTION_ERROR_INIT_FAILURE"
"""AWS's reason for a configuration whose function cannot be initialised (recorded)."""
_YOUNG_SECONDS: Final = 10.0
"""One that ends by itself before this would end so again: the next is started later and later."""
_RENEWED_SECONDS: Final = 3600.0
"""So long before they would be too old they are replaced, one after the other."""


class ProvisionedPool(Pool):
    """Keeps `kept` environments initialised, whether they are used or not.

    An invocation is taken only by an idle one of them; none waits here. They are not taken from the stem cells, which are
    for what cannot wait, and not ended to make room for others.
    """

    def __init__(
        self,
        *,
        function: FunctionVersion,
        runtime: InstalledRuntime,
        share: Share,
        host: Host,
        kept: int,
        make_way: Callable[[], bool],
        requeue: Callable[[Ticket], None],
        changed: Callable[[], None],
        at_once: int = 4,
    ) -> None:
        """`changed` is called whenever a count may be another one; `at_once`: how many are started at a time, so that their
        inits leave the processors to what is invoked."""
        super().__init__(
            function=function,
            runtime=runtime,
            share=share,
            host=host,
            make_way=make_way,
            requeue=requeue,
        )
        self.kept = kept
        self.failure = ""
        """Why the last init failed, until all are available."""
        self._changed, self._at_once = changed, at_once
        self._ready: set[Environment] = set()

    @property
    def available(self) -> int:
        """How many are initialised, idle or busy."""
        return len(self._ready)

    @property
    def allocated(self) -> int:
        """How many there are, those that are being started included."""
        return len(self._ready) + len(self._starting)

    def offer(self, invocation: Invocation, settle: Settle) -> bool:
        """Run it in an idle one; False when there is none or the function may not have more run."""
        while self._idle and self._is_old(self._idle[-1]):
            self._dismiss(self._idle[-1])
        share = self._share
        if len(self._idle) <= len(self._held) or not share.enter_provisioned():
            return False
        ticket = Ticket(invocation=invocation, settle=settle, leave=share.leave_provisioned)
        try:
            self.submit(ticket)
        except TooManyRequests:
            share.leave_provisioned()
            return False
        return True

    def wait(self, ticket: Ticket) -> None:
        """The environment that it was to have is gone: it runs on demand."""
        self._requeue(ticket)

    def resize(self, kept: int) -> None:
        """Keep so many from now on; a failure so far is forgotten."""
        self.kept, self.failure, self._failures = kept, "", 0
        if self._backing_off is not None:
            self._backing_off.cancel()
            self._backing_off = None
        for environment in self._idle[: max(0, self.available - kept)]:
            self._dismiss(environment)
        starting = list(self._starting)[: max(0, self.allocated - kept)]
        for environment in starting:
            environment.end()
        self._changed()
        self._grow()

    def look_after(self) -> None:
        """Replace what grows old, and try again to start what is missing; every second or so."""
        if self.available >= self.kept:
            if self._failures and not any(map(self._is_young, self._ready)):
                self._failures = 0
            old = next((e for e in self._idle if self._age_seconds(e) >= self._renewed_at), None)
            if old is not None:
                self._dismiss(old)
        elif not self._starting and self._backing_off is None and not self._has_room:
            self._make_way()
        self._grow()

    @property
    def needs_start(self) -> bool:
        """Whether one is missing that may be started now."""
        starting = len(self._starting)
        wanted = min(self._at_once, self.kept - self.available)
        calm = self._backing_off is None and not self._retired
        return calm and starting < wanted and self._has_room

    # `Owner`.

    def environment_initialised(self, environment: Environment) -> None:
        """It is one of those that are available."""
        self._started(environment)
        self._ready.add(environment)
        if self.available >= self.kept:
            self.failure = ""
        self._changed()
        self._take_up(environment)
        self._grow()

    def environment_freed(self, environment: Environment) -> None:
        """It takes an invocation that was held back, or is put aside; one too many ends."""
        self._failures = 0
        self._take_up(environment)

    def _take_up(self, environment: Environment) -> None:
        if self.available > self.kept:
            self._dismiss(environment)
        else:
            super().environment_freed(environment)

    def environment_ending(self, environment: Environment) -> None:
        """It is not available any more; one that ended early by itself is not replaced at once."""
        was_ready = environment in self._ready
        self._ready.discard(environment)
        super().environment_ending(environment)
        if was_ready and self._is_young(environment):
            self._back_off()
        self._changed()

    def environment_failed_init(self, environment: Environment) -> None:
        """Try again after a while, which grows with each failure; AWS tells it by this reason."""
        del environment
        self.failure = INIT_FAILURE
        self._back_off()
        self._changed()

    def environment_gone(self, environment: Environment) -> None:
        """Another one takes its place."""
        super().environment_gone(environment)
        self._grow()

    def _grow(self) -> None:
        if self.needs_start:
            self._host.line.want(self)

    def _dismiss(self, environment: Environment) -> None:
        """End it because it is not wanted."""
        self._ready.discard(environment)
        environment.end()

    @property
    def _has_room(self) -> bool:
        return self._host.room.admits(of_function=self.size, queued=True)

    @property
    def _renewed_at(self) -> float:
        return self._host.longest_life_seconds - _RENEWED_SECONDS

    def _is_young(self, environment: Environment) -> bool:
        return self._age_seconds(environment) < _YOUNG_SECONDS

    def _age_seconds(self, environment: Environment) -> float:
        return (self._host.clock.epoch_ms() - self._bound_at_ms[environment]) / 1_000
