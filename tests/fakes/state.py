"""Aliases and records in memory, under the same conformance suites as the durable ones."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from lambent.model.alias import Alias, AliasKey
from lambent.model.errors import FunctionNotFound, ResourceConflict
from lambent.model.function import LATEST, FunctionKey
from lambent.state.aliases import AliasPage
from lambent.state.marker import marker_of, name_of
from lambent.state.records import OwnerMissing, Record, RecordKey, RecordPage
from lambent.state.stores import Stores
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.layers import InMemoryLayers

Body = TypeVar("Body")


class InMemoryAliases:
    """`state.aliases.Aliases` without a disk."""

    def __init__(self, functions: InMemoryFunctions, records: "InMemoryRecordStores") -> None:
        self._functions, self._records = functions, records
        self._stored: dict[AliasKey, Alias] = {}
        functions.aliases = self

    async def create(self, alias: Alias) -> None:
        """Add it."""
        await self._demand_versions(alias)
        if alias.key in self._stored:
            raise ResourceConflict(f"Alias already exists: {alias.key.arn}")
        self._stored[alias.key] = alias

    async def get(self, key: AliasKey) -> Alias | None:
        """Read it."""
        return self._stored.get(key)

    async def page(
        self, function: FunctionKey, *, version: str | None, marker: str, limit: int
    ) -> AliasPage:
        """List them."""
        after = name_of(marker)
        found = [
            alias
            for alias in await self.all_of(function)
            if alias.key.name > after and (version is None or version in alias.versions)
        ]
        items = found[:limit]
        more = len(found) > limit
        return AliasPage(items=items, next_marker=marker_of(items[-1].key.name) if more else "")

    async def replace(self, alias: Alias, *, if_revision: str) -> bool:
        """Store it."""
        await self._demand_versions(alias)
        before = self._stored.get(alias.key)
        if before is None or before.revision_id != if_revision:
            return False
        self._stored[alias.key] = alias
        return True

    async def delete(self, key: AliasKey) -> bool:
        """Remove it."""
        if self._stored.pop(key, None) is None:
            return False
        self._records.forget(key.function_key, key.name)
        return True

    async def all_of(self, function: FunctionKey) -> Sequence[Alias]:
        """All of one function."""
        return [a for a in await self.everything() if a.key.function_key == function.latest]

    async def everything(self) -> Sequence[Alias]:
        """All."""
        return [self._stored[key] for key in sorted(self._stored)]

    def forget(self, function: FunctionKey) -> None:
        """The function is gone."""
        for key in [key for key in self._stored if key.function_key == function]:
            del self._stored[key]

    def clear(self) -> None:
        """Everything is gone."""
        self._stored.clear()

    async def _demand_versions(self, alias: Alias) -> None:
        for version in (alias.function_version, *alias.weights):
            key = alias.key.function_key._replace(version=version)
            if await self._functions.get(key) is None:
                raise FunctionNotFound(key.arn)


class InMemoryRecords(Generic[Body]):
    """`state.records.Records` without a disk. What was read may be old when its reader goes on, as with a disk."""

    def __init__(self, stores: "InMemoryRecordStores") -> None:
        self._stores = stores
        self.stored: dict[RecordKey, Record[Body]] = {}
        self._revision = 0

    async def create(self, key: RecordKey, body: Body) -> bool:
        """Add it."""
        await self._stores.demand_owner(key)
        if key in self.stored:
            return False
        return await self.put(key, body)

    async def put(self, key: RecordKey, body: Body, *, if_revision: int | None = None) -> bool:
        """Store it."""
        await asyncio.sleep(0)  # as a disk takes its time
        await self._stores.demand_owner(key)
        before = self.stored.get(key)
        if if_revision is not None and (before is None or before.revision != if_revision):
            return False
        self._revision += 1
        self.stored[key] = Record(key=key, body=body, revision=self._revision)
        return True

    async def get(self, key: RecordKey) -> Record[Body] | None:
        """Read it."""
        found = self.stored.get(key)
        await asyncio.sleep(0)
        return found

    async def delete(self, key: RecordKey, *, if_revision: int | None = None) -> bool:
        """Remove it."""
        before = self.stored.get(key)
        if before is None or if_revision not in {None, before.revision}:
            return False
        del self.stored[key]
        return True

    async def page(
        self, *, account_id: str, region: str, function: str | None, marker: str, limit: int
    ) -> RecordPage[Body]:
        """List them."""
        owner, _, after = name_of(marker).partition(":")
        found = [
            record
            for record in await self.everything(account_id=account_id, region=region)
            if function in {None, record.key.function} and record.key[2:] > (owner, after)
        ]
        items = found[:limit]
        last = f"{items[-1].key.function}:{items[-1].key.id}" if len(found) > limit else ""
        return RecordPage(items=items, next_marker=marker_of(last) if last else "")

    async def all_of(self, function: FunctionKey) -> Sequence[Record[Body]]:
        """All of one function."""
        return [r for r in await self.everything() if r.key.function_key == function.latest]

    async def everything(
        self, *, account_id: str | None = None, region: str | None = None
    ) -> Sequence[Record[Body]]:
        """All."""
        found = [
            self.stored[key]
            for key in sorted(self.stored)
            if account_id in {None, key.account_id} and region in {None, key.region}
        ]
        await asyncio.sleep(0)
        return found


class InMemoryRecordStores:
    """`state.records.RecordStores` without a disk."""

    def __init__(self, functions: InMemoryFunctions) -> None:
        self._functions = functions
        self._kinds: dict[str, InMemoryRecords[Any]] = {}
        functions.records = self

    def of(self, kind: str, body: type[Body]) -> InMemoryRecords[Body]:
        """Those of a kind."""
        del body
        return self._kinds.setdefault(kind, InMemoryRecords[Any](self))

    def forget(self, function: FunctionKey, qualifier: str | None = None) -> None:
        """The function, or what the qualifier names, is gone."""
        for records in self._kinds.values():
            for key in list(records.stored):
                if key.function_key == function and qualifier in {None, key.id}:
                    del records.stored[key]

    def clear(self) -> None:
        """Everything is gone."""
        for records in self._kinds.values():
            records.stored.clear()

    async def demand_owner(self, key: RecordKey) -> None:
        """Raise OwnerMissing unless what it is kept of is there."""
        if not key.function:
            return
        qualifier = key.id or LATEST
        function = key.function_key._replace(version=qualifier)
        alias = AliasKey(key.account_id, key.region, key.function, qualifier)
        aliases = self._functions.aliases
        known = aliases is not None and await aliases.get(alias) is not None
        if not known and await self._functions.get(function) is None:
            raise OwnerMissing


@dataclass(kw_only=True)
class InMemoryState:
    """All stores, which know one another."""

    functions: InMemoryFunctions = field(default_factory=InMemoryFunctions)
    layers: InMemoryLayers = field(default_factory=InMemoryLayers)

    def __post_init__(self) -> None:
        records = InMemoryRecordStores(self.functions)
        aliases = InMemoryAliases(self.functions, records)
        self._stores = Stores(
            functions=self.functions, aliases=aliases, layers=self.layers, records=records
        )

    @property
    def stores(self) -> Stores:
        """As operations are given them."""
        return self._stores
