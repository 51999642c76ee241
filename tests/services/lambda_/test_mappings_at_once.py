"""Several who want something of event source mappings at once, on a store that lets others in between reading and writing."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lambent.model.errors import ResourceConflict, ResourceNotFound
from lambent.model.mapping import EventSourceMapping
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.mappings import MappingOperations
from lambent.services.lambda_.tagged_records import TaggedRecords
from lambent.services.lambda_.tags import mapping_missing
from lambent.state.records import Record, RecordKey
from lambent.state.stores import EVENT_SOURCE_MAPPING
from tests.fakes.state import InMemoryRecords, InMemoryRecordStores
from tests.services.lambda_.bench import Bench, context
from tests.services.lambda_.mapping_samples import smallest


class Slow(InMemoryRecords[EventSourceMapping]):
    """What was read may be old when its reader goes on, as with a disk."""

    async def get(self, key: RecordKey) -> Record[EventSourceMapping] | None:
        """Read it."""
        found = await super().get(key)
        await asyncio.sleep(0)
        return found

    async def everything(
        self, *, account_id: str | None = None, region: str | None = None
    ) -> Sequence[Record[EventSourceMapping]]:
        """All."""
        found = await super().everything(account_id=account_id, region=region)
        await asyncio.sleep(0)
        return found


class SlowStores(InMemoryRecordStores):
    """The mappings in it are slow."""

    def of(self, kind: str, body: type[Any]) -> InMemoryRecords[Any]:
        """Those of a kind."""
        return self.slow if kind == EVENT_SOURCE_MAPPING else super().of(kind, body)

    @property
    def slow(self) -> Slow:
        """The mappings."""
        if self._slow is None:
            self._slow = Slow(self)
        return self._slow

    _slow: Slow | None = None


@pytest.fixture
async def stores(bench: Bench) -> SlowStores:
    """With a function to map to."""
    await bench.create_active()
    return SlowStores(bench.functions)


def operations(bench: Bench, records: SlowStores) -> Handlers:
    stores = replace(bench.stores, records=records)
    return MappingOperations(stores=stores, clock=bench.clock, ids=bench.ids).handlers()


async def test_of_two_who_make_the_same_mapping_one_is_refused(
    bench: Bench, stores: SlowStores
) -> None:
    create = operations(bench, stores)["CreateEventSourceMapping"]
    refusals: list[str] = []

    async def try_it() -> None:
        try:
            await create(context(bench.region), {"FunctionName": "fn", **smallest(bench, "sqs")})
        except ResourceConflict as error:
            refusals.append(error.code)

    async with asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(try_it())
    assert len(refusals) == 1
    assert len(await stores.slow.everything()) == 1


async def test_of_tags_and_changes_none_is_lost(bench: Bench, stores: SlowStores) -> None:
    asked = context(bench.region)
    handlers = operations(bench, stores)
    made = await handlers["CreateEventSourceMapping"](
        asked, {"FunctionName": "fn", **smallest(bench, "sqs")}
    )
    tagged = TaggedRecords(records=stores.slow, missing=mapping_missing)

    async def tag(number: int) -> None:
        await tagged.retag(
            asked,
            "TagResource",
            made["EventSourceMappingArn"],
            lambda tags: {**tags, f"k{number}": ""},
        )

    async def change(**members: Any) -> None:
        await handlers["UpdateEventSourceMapping"](asked, {"UUID": made["UUID"], **members})

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(tag(number))
        group.create_task(change(BatchSize=7))
        group.create_task(change(Enabled=False))
        group.create_task(change(FunctionName="fn:$LATEST"))
    (record,) = await stores.slow.everything()
    assert set(record.body.tags) == {"k0", "k1", "k2", "k3"}
    assert (record.body.batch_size, record.body.enabled) == (7, False)
    assert record.body.function_arn.endswith(":fn:$LATEST")


async def test_a_change_of_what_is_deleted_meanwhile_finds_nothing(
    bench: Bench, stores: SlowStores
) -> None:
    asked = context(bench.region)
    handlers = operations(bench, stores)
    made = await handlers["CreateEventSourceMapping"](
        asked, {"FunctionName": "fn", **smallest(bench, "sqs")}
    )
    there = {"UUID": made["UUID"]}
    missing: list[str] = []

    async def try_it(operation: str, **members: Any) -> None:
        try:
            await handlers[operation](asked, {**there, **members})
        except ResourceNotFound as error:
            missing.append(error.message)

    async with asyncio.TaskGroup() as group:
        group.create_task(try_it("DeleteEventSourceMapping"))
        group.create_task(try_it("UpdateEventSourceMapping", BatchSize=7))
        group.create_task(try_it("DeleteEventSourceMapping"))
    assert missing == ["The resource you requested does not exist."] * 2
    assert await stores.slow.everything() == []
