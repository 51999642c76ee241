"""PutFunctionEventInvokeConfig and its like (reference 01 §8, §13; recorded where nothing else is said)."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from lambent.services.lambda_.event_invoke import EventInvokeConfig, EventInvokeOperations
from lambent.state.records import Record, RecordKey
from tests.fakes.functions import InMemoryFunctions
from tests.fakes.state import InMemoryRecords, InMemoryRecordStores
from tests.services.lambda_.bench import REGIONS, Bench, context
from tests.services.lambda_.golden import INVALID, NOT_FOUND, refused
from tests.services.lambda_.test_policies import published

PUT, UPDATE = "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig"
GET, DELETE = "GetFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"
LIST = "ListFunctionEventInvokeConfigs"
NO_FUNCTION = NOT_FOUND, "The function doesn't exist.", 404
NOWHERE: dict[str, Any] = {"OnSuccess": {}, "OnFailure": {}}


def shown(bench: Bench, suffix: str = "fn:$LATEST", **changes: Any) -> dict[str, Any]:
    return {
        "LastModified": bench.clock.epoch_ms() / 1000,
        "FunctionArn": bench.arn(suffix),
        "DestinationConfig": NOWHERE,
    } | changes


def queue(bench: Bench, name: str = "q") -> str:
    return f"arn:{REGIONS[bench.region]}:sqs:{bench.region}:123456789012:{name}"


async def test_put_replaces_and_update_merges(bench: Bench) -> None:
    await bench.create_active()
    assert await bench.call(
        PUT, FunctionName="fn", MaximumRetryAttempts=2, MaximumEventAgeInSeconds=60
    ) == shown(bench, MaximumRetryAttempts=2, MaximumEventAgeInSeconds=60)
    bench.clock.advance(9)
    merged = shown(bench, MaximumRetryAttempts=0, MaximumEventAgeInSeconds=60)
    assert await bench.call(UPDATE, FunctionName="fn", MaximumRetryAttempts=0) == merged
    assert await bench.call(GET, FunctionName="fn", Qualifier="$LATEST") == merged
    replaced = shown(bench, MaximumRetryAttempts=1)
    assert await bench.call(PUT, FunctionName="fn", MaximumRetryAttempts=1) == replaced
    assert await bench.call(GET, FunctionName="fn") == replaced


async def test_each_qualifier_has_its_own_and_the_list_has_all(bench: Bench) -> None:
    await published(bench)
    for name, suffix in (("fn:prod", "fn:prod"), (bench.arn("fn:1"), "fn:1"), ("fn", "fn:$LATEST")):
        answer = await bench.call(PUT, FunctionName=name, MaximumRetryAttempts=1)
        assert answer == shown(bench, suffix, MaximumRetryAttempts=1)
    everything = [
        shown(bench, suffix, MaximumRetryAttempts=1) for suffix in ("fn:$LATEST", "fn:1", "fn:prod")
    ]
    assert await bench.call(LIST, FunctionName="fn") == {"FunctionEventInvokeConfigs": everything}
    first = await bench.call(LIST, FunctionName="fn", MaxItems=2)
    assert first["FunctionEventInvokeConfigs"] == everything[:2]
    rest = await bench.call(LIST, FunctionName="fn", Marker=first["NextMarker"])
    assert rest == {"FunctionEventInvokeConfigs": everything[2:]}


async def test_it_ends_when_it_is_deleted_and_with_its_qualifier(bench: Bench) -> None:
    await published(bench)
    for qualifier in ("$LATEST", "1", "prod"):
        await bench.call(PUT, FunctionName="fn", Qualifier=qualifier, MaximumRetryAttempts=1)
    assert await bench.call(DELETE, FunctionName="fn") == {}
    await bench.call("DeleteAlias", FunctionName="fn", Name="prod")
    await bench.call("DeleteFunction", FunctionName="fn", Qualifier="1")
    assert await bench.call(LIST, FunctionName="fn") == {"FunctionEventInvokeConfigs": []}


async def test_destinations_are_kept_and_an_empty_one_ends_one(bench: Bench) -> None:
    await bench.create_active()
    await bench.create_active("other")
    both = {
        "OnSuccess": {"Destination": bench.arn("other")},
        "OnFailure": {"Destination": queue(bench)},
    }
    assert await bench.call(PUT, FunctionName="fn", DestinationConfig=both) == shown(
        bench, DestinationConfig=both
    )
    ended = {"OnSuccess": {"Destination": ""}}
    assert await bench.call(UPDATE, FunctionName="fn", DestinationConfig=ended) == shown(
        bench, DestinationConfig={"OnSuccess": {}, "OnFailure": both["OnFailure"]}
    )
    assert await bench.call(PUT, FunctionName="fn", DestinationConfig={"OnFailure": {}}) == shown(
        bench
    )


@pytest.mark.parametrize("service", ["sqs", "sns", "events", "s3"])
async def test_services_that_take_failures(bench: Bench, service: str) -> None:
    """Reference 01 §13: S3 takes failures only."""
    await bench.create_active()
    arn = f"arn:{REGIONS[bench.region]}:{service}:::x"
    failure = {"OnFailure": {"Destination": arn}}
    await bench.call(PUT, FunctionName="fn", DestinationConfig=failure)
    success = {"OnSuccess": {"Destination": arn}}
    if service != "s3":
        await bench.call(PUT, FunctionName="fn", DestinationConfig=success)
        return
    assert await refused(bench, PUT, FunctionName="fn", DestinationConfig=success) == (
        INVALID,
        f"The provided destination config DestinationConfig(onSuccess=OnSuccess(destination={arn}), onFailure=null) is invalid.",
        400,
    )


async def test_destinations_that_may_not_be(bench: Bench) -> None:
    """Recorded; FIFO: reference 01 §13."""
    await published(bench)
    partition = REGIONS[bench.region]
    fifo = queue(bench, "q.fifo")
    elsewhere = "arn:aws-iso:sqs:us-iso-east-1:123456789012:q"
    for given, text in (
        (
            {"OnSuccess": {"Destination": f"arn:{partition}:iam:::x"}},
            (
                "The provided destination config DestinationConfig(onSuccess=OnSuccess(destination="
                f"arn:{partition}:iam:::x), onFailure=null) is invalid."
            ),
        ),
        (
            {"OnSuccess": {"Destination": queue(bench)}, "OnFailure": {"Destination": fifo}},
            (
                f"The provided destination config DestinationConfig(onSuccess=OnSuccess(destination={queue(bench)}), "
                f"onFailure=OnFailure(destination={fifo})) is invalid."
            ),
        ),
        (
            {"OnFailure": {"Destination": elsewhere}},
            f"The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination={elsewhere})) is invalid.",
        ),
        (
            {"OnFailure": {"Destination": "kafka://topic"}},
            "The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=kafka://topic)) is invalid.",
        ),
        (
            {"OnFailure": {"Destination": bench.arn("nobody")}},
            f"The destination ARN {bench.arn('nobody')} is invalid.",
        ),
        (
            {"OnFailure": {"Destination": bench.arn(account_id="999999999999")}},
            f"The destination ARN {bench.arn(account_id='999999999999')} is invalid.",
        ),
        (
            {"OnFailure": {"Destination": bench.arn("fn:prod")}},
            "You can't specify the function as a destination for itself.",
        ),
    ):
        found = await refused(bench, PUT, FunctionName="fn", DestinationConfig=given)
        assert found == (INVALID, text, 400)


@pytest.mark.parametrize("operation", [PUT, UPDATE])
async def test_asking_for_nothing_is_refused(bench: Bench, operation: str) -> None:
    await bench.create_active()
    assert await refused(bench, operation, FunctionName="fn") == (
        INVALID,
        "You must specify at least one of error handling or destination setting.",
        400,
    )


async def test_what_is_missing(bench: Bench) -> None:
    await published(bench)
    some = {"MaximumRetryAttempts": 1}
    for operation in (PUT, UPDATE):
        for name in ("nobody", "fn:stage", "fn:7"):
            assert await refused(bench, operation, FunctionName=name, **some) == NO_FUNCTION
    assert await refused(bench, LIST, FunctionName="nobody") == NO_FUNCTION
    for name, suffix in (
        ("nobody", "nobody:$LATEST"),
        ("fn", "fn:$LATEST"),
        ("fn:prod", "fn:prod"),
    ):
        expected = (
            NOT_FOUND,
            f"The function {bench.arn(suffix)} doesn't have an EventInvokeConfig",
            404,
        )
        assert await refused(bench, GET, FunctionName=name) == expected
        assert await refused(bench, DELETE, FunctionName=name) == expected
        if name != "nobody":
            assert await refused(bench, UPDATE, FunctionName=name, **some) == expected


class SlowRecords(InMemoryRecords[EventInvokeConfig]):
    """Let somebody in between a reading and the writing that follows."""

    async def get(self, key: RecordKey) -> Record[EventInvokeConfig] | None:
        record = await super().get(key)
        await asyncio.sleep(0)
        return record


class SlowStores(InMemoryRecordStores):
    """Of one kind."""

    def __init__(self, functions: InMemoryFunctions) -> None:
        super().__init__(functions)
        self._slow = SlowRecords(self)

    def of(self, kind: str, body: type[Any]) -> Any:
        del kind, body
        return self._slow


async def test_of_two_who_update_at_once_neither_is_lost(bench: Bench) -> None:
    await bench.create_active()
    stores = replace(bench.stores, records=SlowStores(bench.functions))
    handlers = EventInvokeOperations(stores=stores, clock=bench.clock).handlers()

    async def call(operation: str, **members: Any) -> dict[str, Any]:
        return await handlers[operation](context(bench.region), {"FunctionName": "fn"} | members)

    await call(PUT, DestinationConfig={})
    async with asyncio.TaskGroup() as group:
        group.create_task(call(UPDATE, MaximumRetryAttempts=1))
        group.create_task(call(UPDATE, MaximumEventAgeInSeconds=61))
    answer = await call(GET)
    assert (answer["MaximumRetryAttempts"], answer["MaximumEventAgeInSeconds"]) == (1, 61)
