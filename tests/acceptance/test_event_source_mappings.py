"""Event source mappings by boto3: made, listed, changed, deleted, and there after control was killed."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.acceptance.daemon_process import DaemonProcess, end
from tests.acceptance.functions import ROLE, RUNTIME, zipped
from tests.acceptance.waiting import eventually

ACCOUNT = "123456789012"
PACKAGE = zipped({"app.py": "def handler(event, context): return event"})
NOT_POLLED = "lambent does not poll event sources yet"
PARTITIONS = {"us-east-1": "aws", "cn-north-1": "aws-cn"}


def mapped(lam: Any, name: str) -> Any:
    """A function for mappings; whether it is active is nothing to them."""
    return lam.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": PACKAGE},
    )["FunctionArn"]


@pytest.fixture(params=list(PARTITIONS))
def region(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_mappings_of_a_queue_and_a_stream_from_making_to_deleting(
    daemon: DaemonProcess, region: str
) -> None:
    lam = daemon.client("lambda", region=region, key=ACCOUNT)
    function_arn = mapped(lam, "mapped")
    partition = PARTITIONS[region]
    queue = f"arn:{partition}:sqs:{region}:{ACCOUNT}:mapped-queue"
    stream = f"arn:{partition}:kinesis:{region}:{ACCOUNT}:stream/mapped-stream"
    pattern = '{"body": {"kind": ["order"]}}'

    made = lam.create_event_source_mapping(
        FunctionName="mapped",
        EventSourceArn=queue,
        FilterCriteria={"Filters": [{"Pattern": pattern}]},
    )
    assert made.pop("ResponseMetadata")["HTTPStatusCode"] == 202
    assert datetime.now(UTC) - made.pop("LastModified") < timedelta(minutes=5)
    uuid = made.pop("UUID")
    assert made == {
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": queue,
        "EventSourceMappingArn": f"arn:{partition}:lambda:{region}:{ACCOUNT}:event-source-mapping:{uuid}",
        "FilterCriteria": {"Filters": [{"Pattern": pattern}]},
        "FunctionArn": function_arn,
        "FunctionResponseTypes": [],
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
    }
    at = datetime(2024, 5, 1, 12, 34, 56, 789_000, tzinfo=UTC)
    kinesis = lam.create_event_source_mapping(
        FunctionName=f"{function_arn}:$LATEST",
        EventSourceArn=stream,
        StartingPosition="AT_TIMESTAMP",
        StartingPositionTimestamp=at,
    )
    assert kinesis["StartingPositionTimestamp"] == at
    assert kinesis["FunctionArn"] == f"{function_arn}:$LATEST"

    pages = lam.get_paginator("list_event_source_mappings").paginate(
        PaginationConfig={"PageSize": 1}
    )
    listed = [mapping for page in pages for mapping in page["EventSourceMappings"]]
    states = {m["UUID"]: (m["State"], m["StateTransitionReason"]) for m in listed}
    assert states == dict.fromkeys([uuid, kinesis["UUID"]], ("Disabled", NOT_POLLED))

    with pytest.raises(ClientError) as refused:
        lam.create_event_source_mapping(FunctionName="mapped", EventSourceArn=queue)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert refused.value.response["Error"] == {
        "Code": "ResourceConflictException",
        "Message": f'An event source mapping with SQS arn (" {queue} ") and function (" mapped ") already exists.'
        f" Please update or delete the existing mapping with UUID {uuid}",
    }
    updated = lam.update_event_source_mapping(UUID=uuid, Enabled=False, FilterCriteria={})
    assert updated["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert updated["State"] == "Updating"
    read = lam.get_event_source_mapping(UUID=uuid)
    assert (read["State"], read["StateTransitionReason"]) == ("Disabled", "USER_INITIATED")
    assert "FilterCriteria" not in read

    lam.delete_function(FunctionName="mapped")
    for one in (uuid, kinesis["UUID"]):
        deleted = lam.delete_event_source_mapping(UUID=one)
        assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202
        assert deleted["State"] == "Deleting"
        with pytest.raises(lam.exceptions.ResourceNotFoundException):
            lam.get_event_source_mapping(UUID=one)


def test_mappings_are_there_after_control_was_killed(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda", key=ACCOUNT)
    mapped(lam, "mapped-kept")
    names = [f"arn:aws:sqs:us-east-1:{ACCOUNT}:kept-{number}" for number in range(3)]
    kept = [
        lam.create_event_source_mapping(FunctionName="mapped-kept", EventSourceArn=name)["UUID"]
        for name in names
    ]
    lam.update_event_source_mapping(UUID=kept[0], BatchSize=7)
    lam.delete_event_source_mapping(UUID=kept[1])
    before = daemon.health()["processes"]["control"]
    end(before)

    def answered() -> dict[str, Any] | None:
        try:
            if daemon.health()["processes"].get("control") in (None, before):
                return None
            found: dict[str, Any] = lam.list_event_source_mappings(FunctionName="mapped-kept")
        except (ClientError, BotoCoreError, OSError):
            return None
        return found

    mappings = {m["UUID"]: m for m in eventually(answered)["EventSourceMappings"]}
    assert set(mappings) == {kept[0], kept[2]}
    assert mappings[kept[0]]["BatchSize"] == 7
    with pytest.raises(lam.exceptions.ResourceConflictException):
        lam.create_event_source_mapping(FunctionName="mapped-kept", EventSourceArn=names[2])
    for one in mappings:
        lam.delete_event_source_mapping(UUID=one)
    lam.delete_function(FunctionName="mapped-kept")
