"""Provisioned concurrency: keeps what is configured for versions and aliases, and tells how far it is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from lambent.execution.admission import Admission
from lambent.execution.pool import Host
from lambent.execution.port import CurrentFunctions, Runtimes
from lambent.execution.provisioned_pool import ProvisionedPool
from lambent.execution.ticket import Ticket
from lambent.kit.wheel import Timer
from lambent.model.concurrency import ProvisionedStanding
from lambent.model.function import FunctionKey, FunctionVersion, State
from lambent.model.traffic import Traffic


@dataclass(slots=True, kw_only=True)
class _Config:
    """What is kept for one qualifier."""

    function: FunctionKey
    """Its $LATEST."""
    qualifier: str
    version: FunctionKey
    """That the qualifier stands for now."""
    requested: int
    pool: ProvisionedPool | None = None
    """None while the version cannot be run."""
    obstacle: str = ""
    """Why it cannot be run."""
    told: ProvisionedStanding | None = None
    """What was told last."""

    @property
    def standing(self) -> ProvisionedStanding:
        """As it is told."""
        pool = self.pool
        return ProvisionedStanding(
            key=self.function,
            qualifier=self.qualifier,
            requested=self.requested,
            allocated=pool.allocated if pool else 0,
            available=pool.available if pool else 0,
            failure=pool.failure if pool else self.obstacle,
        )


class Provisioning:
    """The provisioned pools of a host, one for each version or alias that has a configuration.

    An alias's are those of the version that it leads to, the one without a weight; they move when it does.
    """

    def __init__(
        self,
        *,
        functions: CurrentFunctions,
        runtimes: Runtimes,
        admission: Admission,
        host: Host,
        tick_seconds: float = 1.0,
    ) -> None:
        """`host` has the maker of provisioned environments."""
        self._functions, self._runtimes = functions, runtimes
        self._admission, self._host, self._tick_seconds = admission, host, tick_seconds
        self._configs: dict[FunctionKey, dict[str, _Config]] = {}
        """By a function's $LATEST, then by qualifier."""
        self._by_revision: dict[str, ProvisionedPool] = {}
        self._retired: set[ProvisionedPool] = set()
        self._watchers: list[Callable[[ProvisionedStanding], None]] = []
        self._requeue: Callable[[Ticket], None] = _refuse
        self._make_way: Callable[[], bool] = _never
        self._ticking: Timer | None = None
        self._closed = False

    @property
    def by_revision(self) -> Mapping[str, ProvisionedPool]:
        """The pools by the revision of their version; always the same mapping."""
        return self._by_revision

    @property
    def pools(self) -> Iterator[ProvisionedPool]:
        """All that are kept."""
        return iter(self._by_revision.values())

    def attach(self, *, requeue: Callable[[Ticket], None], make_way: Callable[[], bool]) -> None:
        """`requeue` runs a ticket on demand; `make_way` ends something that has not been used for a while."""
        self._requeue, self._make_way = requeue, make_way

    def watch(self, call: Callable[[ProvisionedStanding], None]) -> None:
        """Call `call` with how each configuration stands, and from now on after each change."""
        self._watchers.append(call)
        for configs in self._configs.values():
            for config in configs.values():
                call(config.standing)

    def open(self) -> None:
        """Begin to look after them; within the running loop."""
        self._tick()

    def guide(self, traffic: Traffic) -> None:
        """Keep what `traffic` says of its function, and nothing else of it."""
        before = self._configs.pop(traffic.key, {})
        now = {
            qualifier: self._guided(before.get(qualifier), traffic, qualifier)
            for qualifier in traffic.provisioned
        }
        if now:
            self._configs[traffic.key] = now
        for qualifier in before.keys() - now.keys():
            config = before[qualifier]
            config.requested = 0
            self._release(config)
            self._tell(config)
        for config in now.values():
            self._settle(config)

    def function_changed(self, key: FunctionKey) -> None:
        """The catalogue's answer for `key` is another one now."""
        for config in self._configs.get(key.latest, {}).values():
            if config.version == key:
                self._settle(config)

    def close(self) -> None:
        """End every environment at once, and start none any more."""
        self._closed = True
        if self._ticking is not None:
            self._ticking.cancel()
        for pool in [*self._by_revision.values(), *self._retired]:
            pool.close()
        self._by_revision.clear()

    async def end_deleted(self) -> None:
        """End those of functions that are no more, the busy ones too; return once they are gone. The caller limits the time."""
        ended = [pool for pool in self._retired if self._functions.find(pool.function.key) is None]
        for pool in ended:
            pool.close()
        for pool in ended:
            await pool.gone()

    def _guided(self, config: _Config | None, traffic: Traffic, qualifier: str) -> _Config:
        route = traffic.aliases.get(qualifier)
        version = traffic.key._replace(version=route.version if route else qualifier)
        requested = traffic.provisioned[qualifier]
        if config is None:
            return _Config(
                function=traffic.key, qualifier=qualifier, version=version, requested=requested
            )
        config.version, config.requested = version, requested
        return config

    def _settle(self, config: _Config) -> None:
        """Have the pool that `config` asks for, and no other."""
        function = self._functions.find(config.version)
        revision = function.revision_id if function else ""
        if config.pool is not None and config.pool.function.revision_id != revision:
            self._release(config)
        if config.pool is None and not self._closed:
            self._provide(config, function)
        elif config.pool is not None and config.pool.kept != config.requested:
            config.pool.resize(config.requested)
        self._tell(config)

    def _provide(self, config: _Config, function: FunctionVersion | None) -> None:
        """Make the pool, if the version can be run; else remember what stands in its way."""
        config.obstacle = ""
        if function is None or function.state is not State.ACTIVE:
            failed = function is not None and function.state is State.FAILED
            config.obstacle = function.state_reason if function and failed else ""
            return
        if function.revision_id in self._by_revision:  # another qualifier's
            return
        runtime = self._runtimes.find(function.runtime)
        if runtime is None:
            config.obstacle = f"The runtime {function.runtime} is not installed on this host."
            return
        config.pool = self._by_revision[function.revision_id] = pool = ProvisionedPool(
            function=function,
            runtime=runtime,
            share=self._admission.share(function.key),
            host=self._host,
            kept=0,
            make_way=self._make_way,
            requeue=self._requeue,
            changed=partial(self._pool_changed, config),
        )
        pool.resize(config.requested)

    def _release(self, config: _Config) -> None:
        """Let its pool go: the idle end, the busy when they are done."""
        pool, config.pool = config.pool, None
        if pool is None:
            return
        del self._by_revision[pool.function.revision_id]
        self._retired.add(pool)
        for ticket in pool.retire():
            self._requeue(ticket)

    def _pool_changed(self, config: _Config) -> None:
        if config.pool is not None:  # else the pool was let go
            self._tell(config)

    def _tell(self, config: _Config) -> None:
        configs = self._configs.get(config.function, {}).values()
        available = sum(one.pool.available for one in configs if one.pool)
        self._admission.share(config.function).provide(available)
        standing = config.standing
        if standing != config.told:
            config.told = standing
            for call in self._watchers:
                call(standing)

    def _tick(self) -> None:
        self._ticking = self._host.wheel.set(self._tick_seconds, self._tick)
        for pool in tuple(self.pools):
            pool.look_after()
        for configs in tuple(self._configs.values()):
            for config in configs.values():
                if (
                    config.pool is None
                ):  # a runtime may be there by now, or another qualifier's pool gone
                    self._settle(config)
        self._retired = {pool for pool in self._retired if not pool.empty}


def _refuse(ticket: Ticket) -> None:
    raise RuntimeError(f"nobody runs {ticket.invocation.request_id} on demand")


def _never() -> bool:
    return False
