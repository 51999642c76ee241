"""Tags of records of whatever kind."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from lambent.model.errors import ResourceNotFound
from lambent.services.lambda_.tagged_records import TaggedRecords
from lambent.state.records import Record, RecordKey
from tests.fakes.state import InMemoryRecords, InMemoryRecordStores
from tests.fakes.versions import ACCOUNT
from tests.services.lambda_.bench import Bench, context


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """What is tagged."""

    size: int
    tags: Mapping[str, str] = field(default_factory=dict)


class SlowRecords(InMemoryRecords[Thing]):
    """Let somebody in between a reading and the writing that follows."""

    async def get(self, key: RecordKey) -> Record[Thing] | None:
        record = await super().get(key)
        await asyncio.sleep(0)
        return record


@pytest.fixture
def records(bench: Bench) -> SlowRecords:
    return SlowRecords(InMemoryRecordStores(bench.functions))


@pytest.fixture
def tagged(records: SlowRecords) -> TaggedRecords[Thing]:
    return TaggedRecords(records=records, missing=lambda arn: ResourceNotFound(f"no {arn}"))


def arn(bench: Bench, **changes: str) -> str:
    text = bench.arn("").replace("function:", "event-source-mapping:one")
    for old, new in changes.items():
        text = text.replace({"account": ACCOUNT, "region": bench.region}[old], new)
    return text


async def test_two_who_tag_at_once_both_have_their_tags(
    bench: Bench, records: SlowRecords, tagged: TaggedRecords[Thing]
) -> None:
    here = context(bench.region)
    key = RecordKey(ACCOUNT, bench.region, "", "one")
    await records.create(key, Thing(size=7))

    async def add(name: str) -> None:
        await tagged.retag(here, "TagResource", arn(bench), lambda tags: {**tags, name: ""})

    async with asyncio.TaskGroup() as group:
        for name in "abc":
            group.create_task(add(name))
    assert await tagged.tags(here, "ListTags", arn(bench)) == {"a": "", "b": "", "c": ""}
    stored = await records.get(key)
    assert stored is not None
    assert stored.body.size == 7


async def test_only_what_is_the_account_s_and_in_its_region_is_found(
    bench: Bench, records: SlowRecords, tagged: TaggedRecords[Thing]
) -> None:
    await records.create(RecordKey(ACCOUNT, bench.region, "", "one"), Thing(size=7))
    elsewhere: list[dict[str, Any]] = [{"account": "999999999999"}, {"region": "eu-west-1"}]
    for changes in elsewhere:
        with pytest.raises(ResourceNotFound, match=r"^no arn:"):
            await tagged.tags(context(bench.region), "ListTags", arn(bench, **changes))
