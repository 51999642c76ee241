"""Event source mappings from their creation to their end (reference 01 §16; recorded, where it says so)."""

import asyncio
from typing import Any

import pytest

from lambent.model.concurrency import ReservedConcurrency
from lambent.model.errors import ResourceConflict, ResourceNotFound
from lambent.state.records import RecordKey
from tests.fakes.versions import key
from tests.services.lambda_.bench import Bench, context
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused
from tests.services.lambda_.mapping_samples import (
    FIRST,
    KINDS,
    NOT_POLLED,
    arn,
    made,
    reason,
    shown,
    smallest,
)

NO_SUCH = (NOT_FOUND, "The resource you requested does not exist.", 404)
EVERY_KIND = pytest.mark.parametrize("kind", [*KINDS, "fifo", "consumer"])


@EVERY_KIND
async def test_a_new_mapping_is_called_creating_and_then_says_that_nothing_polls(
    bench: Bench, kind: str
) -> None:
    # Recorded for SQS, Kinesis and DynamoDB but for the settled state, which would be a lie here.
    golden = shown(bench, kind)
    created = {"State": "Creating", "StateTransitionReason": reason(kind)}
    settled = {"State": "Disabled", "StateTransitionReason": NOT_POLLED}
    assert await made(bench, kind) == golden | created
    assert await bench.call("GetEventSourceMapping", UUID=FIRST) == golden | settled
    assert await bench.call("ListEventSourceMappings") == {
        "EventSourceMappings": [golden | settled]
    }


@EVERY_KIND
async def test_one_that_is_to_be_disabled_is_so_by_its_user(bench: Bench, kind: str) -> None:
    await made(bench, kind, Enabled=False)
    settled = {"State": "Disabled", "StateTransitionReason": reason(kind)}
    assert await bench.call("GetEventSourceMapping", UUID=FIRST) == shown(bench, kind) | settled


@EVERY_KIND
async def test_a_deleted_mapping_is_called_deleting_and_is_gone(bench: Bench, kind: str) -> None:
    await made(bench, kind)
    deleting = {"State": "Deleting", "StateTransitionReason": reason(kind)}
    deleted = await bench.call("DeleteEventSourceMapping", UUID=FIRST)
    assert deleted == shown(bench, kind) | deleting
    assert await refused(bench, "GetEventSourceMapping", UUID=FIRST) == NO_SUCH
    assert await refused(bench, "DeleteEventSourceMapping", UUID=FIRST) == NO_SUCH
    assert await bench.call("ListEventSourceMappings") == {"EventSourceMappings": []}


@EVERY_KIND
async def test_an_update_without_changes_is_called_updating(bench: Bench, kind: str) -> None:
    await made(bench, kind)
    bench.clock.advance(9)
    golden = shown(bench, kind) | {"LastModified": 1_714_566_905.789}
    updating = {"State": "Updating", "StateTransitionReason": reason(kind)}
    assert await bench.call("UpdateEventSourceMapping", UUID=FIRST) == golden | updating
    settled = {"State": "Disabled", "StateTransitionReason": NOT_POLLED}
    assert await bench.call("GetEventSourceMapping", UUID=FIRST) == golden | settled


async def test_what_was_asked_of_a_mapping_is_remembered_though_nothing_polls(bench: Bench) -> None:
    await made(bench)
    for enabled, why in ((False, "USER_INITIATED"), (True, NOT_POLLED)):
        await bench.call("UpdateEventSourceMapping", UUID=FIRST, Enabled=enabled)
        mapping = await bench.call("GetEventSourceMapping", UUID=FIRST)
        assert (mapping["State"], mapping["StateTransitionReason"]) == ("Disabled", why)
        (record,) = await bench.stores.event_source_mappings.everything()
        assert record.body.enabled is enabled


async def test_no_mapping_of_that_uuid_is_not_found(bench: Bench) -> None:
    for operation in ("Get", "Update", "Delete"):  # recorded
        assert await refused(bench, f"{operation}EventSourceMapping", UUID=FIRST) == NO_SUCH


async def test_mappings_of_another_account_or_region_are_not_seen(bench: Bench) -> None:
    await made(bench)
    other = Bench(region="us-east-1" if bench.region == "cn-north-1" else "cn-north-1")
    other.functions, other._state = bench.functions, bench._state
    assert await refused(other, "GetEventSourceMapping", UUID=FIRST) == NO_SUCH
    handler = bench.handlers()["ListEventSourceMappings"]
    stranger = context(bench.region, account_id="210987654321")
    assert await handler(stranger, {}) == {"EventSourceMappings": []}


@pytest.mark.parametrize(
    ("given", "suffix"),
    [
        ("fn", "fn"),
        ("{arn}", "fn"),
        ("123456789012:function:fn", "fn"),
        ("123456789012:function:fn:$LATEST", "fn:$LATEST"),  # recorded: kept as it is given
        ("{arn}:$LATEST", "fn:$LATEST"),
        ("fn:1", "fn:1"),
        ("{arn}:prod", "fn:prod"),
    ],
)
async def test_the_function_keeps_the_qualifier_that_it_is_given_with(
    bench: Bench, given: str, suffix: str
) -> None:
    await bench.create_active()
    await bench.call("PublishVersion", FunctionName="fn")
    await bench.call("CreateAlias", FunctionName="fn", Name="prod", FunctionVersion="1")
    name = given.format(arn=bench.arn())
    mapping = await made(bench, FunctionName=name)
    assert mapping["FunctionArn"] == bench.arn(suffix)
    again = await bench.call("UpdateEventSourceMapping", UUID=mapping["UUID"], FunctionName="fn")
    assert again["FunctionArn"] == bench.arn()


@pytest.mark.parametrize("name", ["nobody", "fn:7", "fn:nobody", "n" * 65])
async def test_a_function_that_is_not_there_is_an_invalid_value(bench: Bench, name: str) -> None:
    # Recorded, for a name of 65 characters too.
    mapping = await made(bench)
    expected = (INVALID, "Function does not exist", 400)
    given = smallest(bench, "kinesis")
    assert await refused(bench, "CreateEventSourceMapping", FunctionName=name, **given) == expected
    uuid = mapping["UUID"]
    assert (
        await refused(bench, "UpdateEventSourceMapping", UUID=uuid, FunctionName=name) == expected
    )


async def test_mappings_outlive_their_function(bench: Bench) -> None:
    await made(bench)
    await bench.call("DeleteFunction", FunctionName="fn")
    mapping = await bench.call("GetEventSourceMapping", UUID=FIRST)
    assert mapping["FunctionArn"] == bench.arn()
    listed = await bench.call("ListEventSourceMappings", FunctionName="fn")
    assert listed == {"EventSourceMappings": [mapping]}
    await bench.call("UpdateEventSourceMapping", UUID=FIRST, BatchSize=5)
    await bench.call("DeleteEventSourceMapping", UUID=FIRST)


async def test_lists_are_of_one_source_or_function(bench: Bench) -> None:
    await bench.create_active("other")
    one = (await made(bench))["UUID"]
    two = (await made(bench, "kinesis"))["UUID"]
    three = (await made(bench, FunctionName="other"))["UUID"]

    async def uuids(**members: Any) -> list[str]:
        page = await bench.call("ListEventSourceMappings", **members)
        return [mapping["UUID"] for mapping in page["EventSourceMappings"]]

    assert await uuids() == sorted([one, two, three])
    assert await uuids(EventSourceArn=arn(bench, "sqs")) == [one, three]
    assert await uuids(FunctionName=bench.arn("other")) == [three]
    assert await uuids(FunctionName="fn", EventSourceArn=arn(bench, "kinesis")) == [two]
    assert await uuids(FunctionName="other", EventSourceArn=arn(bench, "kinesis")) == []
    assert await uuids(FunctionName="fn:$LATEST") == []
    # Recorded: neither has to be there.
    assert await uuids(FunctionName="nobody") == []
    assert await uuids(EventSourceArn=f"{arn(bench, 'sqs')}-nobody") == []


async def test_a_list_has_a_hundred_mappings_a_page_at_most(bench: Bench) -> None:
    await made(bench)
    queue = arn(bench, "sqs")
    for number in range(101):
        await made(bench, EventSourceArn=f"{queue}-{number}")
    first = await bench.call("ListEventSourceMappings", MaxItems=10_000)
    assert len(first["EventSourceMappings"]) == 100
    marker = first["NextMarker"]
    rest = await bench.call("ListEventSourceMappings", Marker=marker, FunctionName="fn")
    assert len(rest["EventSourceMappings"]) == 2
    assert "NextMarker" not in rest
    few = await bench.call("ListEventSourceMappings", MaxItems=3)
    assert few["EventSourceMappings"] == first["EventSourceMappings"][:3]
    assert await refused(bench, "ListEventSourceMappings", Marker="?") == (
        INVALID,
        "The Marker is not one that this operation returned.",
        400,
    )


async def test_of_two_who_make_the_same_mapping_at_once_one_is_refused(bench: Bench) -> None:
    await bench.create_active()
    create = bench.handlers()["CreateEventSourceMapping"]
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
    listed = await bench.call("ListEventSourceMappings")
    assert len(listed["EventSourceMappings"]) == 1


async def test_tags_are_kept_with_a_mapping_and_not_shown(bench: Bench) -> None:
    assert "Tags" not in await made(bench, Tags={"a": "1"})
    (record,) = await bench.stores.event_source_mappings.everything()
    assert record.body.tags == {"a": "1"}
    assert record.key == RecordKey("123456789012", bench.region, "", FIRST)
    needed = smallest(bench, "kinesis")
    for tags, text in (
        ({f"k{n}": "" for n in range(51)}, "Number of tags exceeds resource tag limit."),
        ({"aws:x": ""}, "aws: prefixed tag key names are not allowed for external use."),
    ):
        answer = await refused(
            bench, "CreateEventSourceMapping", FunctionName="fn", Tags=tags, **needed
        )
        assert answer == (INVALID, text, 400)


async def test_a_mapping_is_tagged_by_its_arn(bench: Bench) -> None:
    mapping = await made(bench, Tags={"a": "1"})
    resource = mapping["EventSourceMappingArn"]
    await bench.call("TagResource", Resource=resource, Tags={"b": "2"})
    await bench.call("UntagResource", Resource=resource, TagKeys=["a"])
    assert await bench.call("ListTags", Resource=resource) == {"Tags": {"b": "2"}}
    read = await bench.call("GetEventSourceMapping", UUID=FIRST)
    assert read == mapping | {"State": "Disabled", "StateTransitionReason": NOT_POLLED}
    await bench.call("DeleteEventSourceMapping", UUID=FIRST)
    assert await refused(bench, "ListTags", Resource=resource) == (
        NOT_FOUND,
        f"Event source mapping not found: {resource}",
        404,
    )


async def test_a_mapping_that_is_tagged_meanwhile_keeps_the_tags_and_the_change(
    bench: Bench,
) -> None:
    resource = (await made(bench))["EventSourceMappingArn"]
    handlers = bench.handlers()

    async def ask(operation: str, **members: Any) -> None:
        await handlers[operation](context(bench.region), members)

    async with asyncio.TaskGroup() as group:
        for number in range(4):
            group.create_task(ask("TagResource", Resource=resource, Tags={f"k{number}": ""}))
            group.create_task(ask("UpdateEventSourceMapping", UUID=FIRST, BatchSize=number + 1))
    (record,) = await bench.stores.event_source_mappings.everything()
    assert set(record.body.tags) == {"k0", "k1", "k2", "k3"}
    assert record.body.batch_size == 4


async def test_a_change_of_what_is_deleted_meanwhile_finds_nothing(bench: Bench) -> None:
    await made(bench)
    handlers = bench.handlers()
    missing: list[str] = []

    async def try_it(operation: str, **members: Any) -> None:
        try:
            await handlers[operation](context(bench.region), {"UUID": FIRST, **members})
        except ResourceNotFound as error:
            missing.append(error.message)

    async with asyncio.TaskGroup() as group:
        group.create_task(try_it("DeleteEventSourceMapping"))
        group.create_task(try_it("UpdateEventSourceMapping", BatchSize=7))
        group.create_task(try_it("DeleteEventSourceMapping"))
    assert missing == ["The resource you requested does not exist."] * 2
    assert await bench.stores.event_source_mappings.everything() == []


async def test_concurrency_is_at_most_what_is_reserved_for_the_function(bench: Bench) -> None:
    await made(bench)
    function = RecordKey.of_function(key(region=bench.region))
    await bench.stores.reserved.put(function, ReservedConcurrency(executions=5))
    scaled = {"UUID": FIRST, "ScalingConfig": {"MaximumConcurrency": 100}}
    assert await refused(bench, "UpdateEventSourceMapping", **scaled) == (  # recorded
        INVALID,
        "MaximumConcurrency: 100 is greater than Function Reserved Concurrency: 5",
        400,
    )
    scaled["ScalingConfig"] = {"MaximumConcurrency": 5}
    updated = await bench.call("UpdateEventSourceMapping", **scaled)
    assert updated["ScalingConfig"] == {"MaximumConcurrency": 5}


async def test_an_enabled_mapping_is_told_of_in_the_log(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    mapping = await made(bench)
    assert f"{mapping['EventSourceMappingArn']}: {NOT_POLLED}." in caplog.messages
    caplog.clear()
    await made(bench, "kinesis", Enabled=False)
    assert caplog.messages == []
