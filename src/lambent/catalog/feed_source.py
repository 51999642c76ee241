"""What the feed tells the edges, read from where it is stored."""

from collections import defaultdict
from collections.abc import Sequence

from lambent.model.alias import Alias
from lambent.model.concurrency import ProvisionedConcurrency, ReservedConcurrency
from lambent.model.function import FunctionKey
from lambent.model.traffic import Route, Traffic
from lambent.state.functions import StoredFunction
from lambent.state.records import Record, RecordKey
from lambent.state.stores import Stores


class FeedSource:
    """Functions, and of each as a whole its aliases and concurrency."""

    def __init__(self, stores: Stores) -> None:
        self._functions, self._aliases = stores.functions, stores.aliases
        self._reserved, self._provisioned = stores.reserved, stores.provisioned

    async def get(self, key: FunctionKey) -> StoredFunction | None:
        """One version of a function."""
        return await self._functions.get(key)

    async def everything(self) -> Sequence[StoredFunction]:
        """All versions of all functions."""
        return await self._functions.everything()

    async def traffic(self, key: FunctionKey) -> Traffic:
        """Of one function."""
        aliases = await self._aliases.all_of(key)
        reserved = await self._reserved.get(RecordKey.of_function(key))
        provisioned = await self._provisioned.all_of(key)
        return _traffic(key, aliases, [reserved] if reserved else [], provisioned)

    async def all_traffic(self) -> Sequence[Traffic]:
        """Of every function that has any."""
        aliases = defaultdict[FunctionKey, list[Alias]](list)
        reserved = defaultdict[FunctionKey, list[Record[ReservedConcurrency]]](list)
        provisioned = defaultdict[FunctionKey, list[Record[ProvisionedConcurrency]]](list)
        for alias in await self._aliases.everything():
            aliases[alias.key.function_key].append(alias)
        for limit in await self._reserved.everything():
            reserved[limit.key.function_key].append(limit)
        for config in await self._provisioned.everything():
            provisioned[config.key.function_key].append(config)
        return [
            _traffic(key, aliases[key], reserved[key], provisioned[key])
            for key in aliases.keys() | reserved.keys() | provisioned.keys()
        ]


def _traffic(
    key: FunctionKey,
    aliases: Sequence[Alias],
    reserved: Sequence[Record[ReservedConcurrency]],
    provisioned: Sequence[Record[ProvisionedConcurrency]],
) -> Traffic:
    return Traffic(
        key=key,
        aliases={
            alias.key.name: Route(version=alias.function_version, weights=dict(alias.weights))
            for alias in aliases
        },
        reserved=reserved[0].body.executions if reserved else None,
        provisioned={config.key.id: config.body.executions for config in provisioned},
    )
