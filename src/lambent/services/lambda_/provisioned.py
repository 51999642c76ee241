"""PutProvisionedConcurrencyConfig and its like: how many environments a version or an alias has ready, and how many it is to have."""

from typing import Any, Final, Protocol

from lambent.kit.clock import Clock
from lambent.model.arn import function_arn
from lambent.model.concurrency import ProvisionedConcurrency, ProvisionedStanding
from lambent.model.errors import FunctionNotFound, ProvisionedConcurrencyConfigNotFound
from lambent.model.function import FunctionKey
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.capacity import Capacity
from lambent.services.lambda_.changes import Publisher
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.provisioned_targets import ProvisionedTargets
from lambent.services.lambda_.qualified import Qualifiers
from lambent.services.lambda_.shape import second
from lambent.state.records import OwnerMissing, RecordKey
from lambent.state.stores import Stores

_MOST_LISTED: Final = 50


class Standings(Protocol):
    """Who hears from the edge; `catalog.feed.FeedServer` is one."""

    def standing(self, key: FunctionKey, qualifier: str) -> ProvisionedStanding | None:
        """How far the edge is with what is configured for a function's qualifier; None if it has not said."""
        ...


class ProvisionedOperations:
    """Provisioned concurrency. A change is on disk and known to the edge when its call returns; the environments come later."""

    def __init__(
        self,
        *,
        stores: Stores,
        capacity: Capacity,
        publisher: Publisher,
        standings: Standings,
        clock: Clock,
    ) -> None:
        self._configs, self._capacity = stores.provisioned, capacity
        self._publisher, self._standings, self._clock = publisher, standings, clock
        self._qualifiers, self._targets = Qualifiers(stores), ProvisionedTargets(stores)

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "PutProvisionedConcurrencyConfig": self.put_provisioned_concurrency_config,
            "GetProvisionedConcurrencyConfig": self.get_provisioned_concurrency_config,
            "DeleteProvisionedConcurrencyConfig": self.delete_provisioned_concurrency_config,
            "ListProvisionedConcurrencyConfigs": self.list_provisioned_concurrency_configs,
        }

    async def put_provisioned_concurrency_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Have so many environments ready for a version, or for the one that an alias leads to."""
        named = names.read(context, "PutProvisionedConcurrencyConfig", members)
        config = ProvisionedConcurrency(
            executions=members["ProvisionedConcurrentExecutions"],
            last_modified_ms=self._clock.epoch_ms(),
        )
        before = self._standings.standing(named.key, named.qualifier)
        with self._publisher.changing(named.key):
            await self._store(named, config)
            await self._publisher.publish_traffic(named.key)
        shown = _shown(config, before)
        shown.pop("StatusReason", None)
        return shown | {"Status": "IN_PROGRESS"}

    async def get_provisioned_concurrency_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """What is configured, and how much of it there is."""
        named = names.read(context, "GetProvisionedConcurrencyConfig", members)
        await self._targets.demand(named)
        record = await self._configs.get(_key(named))
        if record is None:
            raise ProvisionedConcurrencyConfigNotFound(
                "No Provisioned Concurrency Config found for this function"
            )
        await self._publisher.settled(named.key)
        return _shown(record.body, self._standings.standing(named.key, named.qualifier))

    async def delete_provisioned_concurrency_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Let the environments go; that nothing was configured is no error."""
        named = names.read(context, "DeleteProvisionedConcurrencyConfig", members)
        await self._targets.demand(named)
        with self._publisher.changing(named.key):
            await self._configs.delete(_key(named))
            await self._publisher.publish_traffic(named.key)
        return {}

    async def list_provisioned_concurrency_configs(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """A function's configurations."""
        named = names.read(context, "ListProvisionedConcurrencyConfigs", members)
        await self._qualifiers.demand_function(named)
        page = await self._configs.page(
            account_id=named.key.account_id,
            region=named.key.region,
            function=named.key.name,
            marker=members.get("Marker") or "",
            limit=members.get("MaxItems") or _MOST_LISTED,
        )
        await self._publisher.settled(named.key)
        items = [
            {"FunctionArn": _arn(record.key)}
            | _shown(record.body, self._standings.standing(named.key, record.key.id))
            for record in page.items
        ]
        shown: dict[str, Any] = {"ProvisionedConcurrencyConfigs": items}
        if page.next_marker:
            shown["NextMarker"] = page.next_marker
        return shown

    async def _store(self, named: Named, config: ProvisionedConcurrency) -> None:
        key = named.key
        async with self._capacity.alone(key):
            await self._targets.demand_free(named)
            shares = await self._capacity.shares(account_id=key.account_id, region=key.region)
            shares.demand_provisionable(key.name, named.qualifier, config.executions)
            try:
                await self._configs.put(_key(named), config)
            except OwnerMissing as missing:  # deleted meanwhile
                raise FunctionNotFound(named.arn) from missing


def _key(named: Named) -> RecordKey:
    return RecordKey.of_function(named.key, qualifier=named.qualifier)


def _arn(key: RecordKey) -> str:
    return function_arn(
        region=key.region, account_id=key.account_id, name=key.function, qualifier=key.id
    )


def _shown(config: ProvisionedConcurrency, standing: ProvisionedStanding | None) -> dict[str, Any]:
    """What the edge has of `config`; while it has said nothing, or nothing of this number yet, it is under way."""
    requested = config.executions
    allocated = min(standing.allocated, requested) if standing else 0
    available = min(standing.available, requested) if standing else 0
    shown: dict[str, Any] = {
        "RequestedProvisionedConcurrentExecutions": requested,
        "AvailableProvisionedConcurrentExecutions": available,
        "AllocatedProvisionedConcurrentExecutions": allocated,
        "Status": "IN_PROGRESS",
        "LastModified": second(config.last_modified_ms),
    }
    if standing is None or standing.requested != requested:
        return shown
    if available == requested:
        shown["Status"] = "READY"
    elif standing.failure:
        shown |= {"Status": "FAILED", "StatusReason": standing.failure}
    return shown
