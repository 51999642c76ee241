"""All pools of a host: which function version an invocation runs on, and which idle environments go."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final

from lambent.execution.admission import Admission
from lambent.execution.invocable import refuse_unless_invocable
from lambent.execution.pool import Host, Pool
from lambent.execution.port import CurrentFunctions, Runtimes, Settle
from lambent.execution.provisioning import Provisioning
from lambent.execution.ticket import Ticket
from lambent.kit.wheel import Timer
from lambent.model.errors import FunctionNotFound, InvalidRuntime, ServiceError
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.model.invocation import Invocation

_FROZEN_AT_ONCE: Final = 32
_ENDED_AT_ONCE: Final = 16
"""What ends for want of memory in one look: then it is seen how much that gave back."""


class Pools:
    """One pool for each function version that is run."""

    def __init__(
        self,
        *,
        functions: CurrentFunctions,
        runtimes: Runtimes,
        admission: Admission,
        provisioning: Provisioning,
        host: Host,
        idle_seconds: float = 600.0,
        spared_seconds: float = 10.0,
        freeze_after_seconds: float = 0.1,
        tick_seconds: float = 1.0,
    ) -> None:
        """`idle_seconds`: how long an environment is kept unused; `spared_seconds`: how long one is not ended to make
        room for another function; `freeze_after_seconds`: how long an idle one's processes go on."""
        self._functions, self._runtimes, self._host = functions, runtimes, host
        self._admission, self._provisioning = admission, provisioning
        self._provisioned = provisioning.by_revision
        self._idle_seconds, self._spared_seconds = idle_seconds, spared_seconds
        self._tick_seconds, self._freeze_after_seconds = tick_seconds, freeze_after_seconds
        self._by_revision: dict[str, Pool] = {}
        self._by_key: dict[FunctionKey, Pool] = {}
        self._retired: set[Pool] = set()
        self._ticking: Timer | None = None
        self._freezing: Timer | None = None
        host.line.relieve_with(self._make_way)
        provisioning.attach(requeue=self._requeue, make_way=self._end_unused)

    def open(self) -> None:
        """Begin to look after idle environments and cells."""
        self._tick()
        self._freeze()
        self._provisioning.open()

    def submit(self, invocation: Invocation, settle: Settle) -> None:
        """Admit and run it, in a provisioned environment if one is idle, or let it wait for one. Raises ServiceError."""
        function = invocation.function
        if self._provisioned:
            provisioned = self._provisioned.get(function.revision_id)
            if provisioned is not None and provisioned.offer(invocation, settle):
                return
        pool = self._by_revision.get(function.revision_id)
        if pool is None:
            pool = self._pool(function.key)
        pool.admit(invocation, settle)

    def function_changed(self, key: FunctionKey) -> None:
        """The catalogue has another version of `key`, or none: what is idle ends, what waits runs on what is current."""
        self._provisioning.function_changed(key)
        pool = self._by_key.get(key)
        current = self._functions.find(key)
        if pool is None:
            return
        if current is not None and current.revision_id == pool.function.revision_id:
            return
        for ticket in self._retire(pool):
            self._requeue(ticket)

    @property
    def frozen(self) -> int:
        """How many idle environments stand still."""
        return sum(pool.frozen for pool in self._kept)

    async def end_deleted(self) -> None:
        """End the environments of functions that are no more, the busy ones too; return once they are gone.

        What runs in them is answered with ServiceFailure. The caller limits the time.
        """
        ended = [pool for pool in self._retired if self._functions.find(pool.function.key) is None]
        for pool in ended:
            pool.close()
        await self._provisioning.end_deleted()
        for pool in ended:
            await pool.gone()

    def close(self) -> None:
        """End every environment at once."""
        for timer in (self._ticking, self._freezing):
            if timer is not None:
                timer.cancel()
        for pool in [*self._by_key.values(), *self._retired]:
            pool.close()
        self._provisioning.close()
        self._host.cells.close()

    def _requeue(self, ticket: Ticket) -> None:
        try:
            self._pool(ticket.invocation.function.key).wait(ticket)
        except ServiceError as error:
            ticket.settle(error)

    def _pool(self, key: FunctionKey) -> Pool:
        """The pool of what is current, made if need be."""
        current = self._functions.find(key)
        if current is None:
            raise FunctionNotFound(key.arn)
        refuse_unless_invocable(current)
        pool = self._by_revision.get(current.revision_id)
        return pool if pool is not None else self._new_pool(current)

    def _new_pool(self, function: FunctionVersion) -> Pool:
        runtime = self._runtimes.find(function.runtime)
        if runtime is None:
            raise InvalidRuntime(f"The runtime {function.runtime} is not installed on this host.")
        pool = Pool(
            function=function,
            runtime=runtime,
            share=self._admission.share(function.key),
            host=self._host,
            make_way=self._make_way,
            requeue=self._requeue,
        )
        before = self._by_key.get(function.key)
        waiting = self._retire(before) if before is not None else []
        self._by_key[function.key] = self._by_revision[function.revision_id] = pool
        for ticket in waiting:
            pool.wait(ticket)
        return pool

    def _retire(self, pool: Pool) -> list[Ticket]:
        del self._by_key[pool.function.key], self._by_revision[pool.function.revision_id]
        self._retired.add(pool)
        return pool.retire()

    # Idle environments.

    @property
    def _kept(self) -> Iterator[Pool]:
        return chain(self._by_key.values(), self._provisioning.pools)

    def _tick(self) -> None:
        self._ticking = self._host.wheel.set(self._tick_seconds, self._tick)
        now = self._host.clock.monotonic()
        for pool in tuple(self._by_key.values()):
            pool.end_old()
            while (since := pool.idle_since) is not None and now - since >= self._idle_seconds:
                pool.end_oldest_idle()
            if pool.empty:
                self._retire(pool)
        self._retired = {pool for pool in self._retired if not pool.empty}
        for _ in range(min(self._host.room.excess, _ENDED_AT_ONCE)):
            if not self._host.cells.shrink() and not self._end_least_recently_used(now):
                break
        self._host.line.move()
        self._host.cells.refill()

    def _freeze(self) -> None:
        """Freeze what has been idle for long enough, the rest of many the next time: other orders wait behind these."""
        self._freezing = self._host.wheel.set(self._freeze_after_seconds / 2, self._freeze)
        since = self._host.clock.monotonic() - self._freeze_after_seconds
        idle = chain.from_iterable(pool.thawed_idle(since) for pool in self._kept)
        self._host.maker.freeze(islice(idle, _FROZEN_AT_ONCE))

    def _make_way(self) -> bool:
        """End a cell, or an environment that has not been used for a while, to make room for another one."""
        return self._host.cells.shrink() or self._end_unused()

    def _end_unused(self) -> bool:
        """End an environment that has not been used for a while."""
        return self._end_least_recently_used(self._host.clock.monotonic() - self._spared_seconds)

    def _end_least_recently_used(self, unused_since: float) -> bool:
        idle = [
            (since, pool)
            for pool in self._by_key.values()
            if (since := pool.idle_since) is not None
        ]
        since, pool = min(idle, key=lambda pair: pair[0], default=(unused_since, None))
        if pool is None or since > unused_since:
            return False
        pool.end_oldest_idle()
        return True
