"""Which sources there are for CreateEventSourceMapping, and which mappings are the same (recorded, where it says so)."""

import pytest

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import refused
from tests.services.lambda_.mapping_samples import KINDS, arn, basic_auth, made, refusal, smallest


async def test_no_event_source_is_unrecognized(bench: Bench) -> None:
    assert await refusal(bench, "sqs", EventSourceArn=None) == "Unrecognized event source."


@pytest.mark.parametrize(
    "source",
    [
        "arn:aws:s3:::bucket",  # recorded
        "arn:aws:docdb:{region}:123456789012:cluster:c",  # recorded
        "arn:aws:docdb-elastic:{region}:123456789012:cluster/c",  # recorded
        "arn:aws:dynamodb:{region}:123456789012:table/t",
        "arn:aws:kinesis:{region}:123456789012:s",
        "arn:aws:sqs:{region}:123456789012:a/b",
        "arn:aws:sqs:{region}::queue",
        "arn:aws-us-gov:sqs:{region}:123456789012:queue",
    ],
)
async def test_a_source_that_lambda_does_not_poll_is_unrecognized(
    bench: Bench, source: str
) -> None:
    given = source.format(region=bench.region)
    text = await refusal(bench, "sqs", EventSourceArn=given)
    assert text == f"Unrecognized event source. Unsupported source arn : {given}"


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "kafka"])
async def test_a_source_lies_in_the_region_of_its_function(bench: Bench, kind: str) -> None:
    elsewhere = arn(bench, kind, region="us-west-2")  # recorded: SQS, DynamoDB
    text = await refusal(bench, kind, EventSourceArn=elsewhere)
    assert text == f"Event source region must match Lambda region {bench.region}"


@pytest.mark.parametrize("kind", ["mq", "documentdb"])
async def test_a_broker_lies_in_the_account_of_its_function(bench: Bench, kind: str) -> None:
    foreign = arn(bench, kind, account_id="210987654321")  # recorded: MQ
    assert await refusal(bench, kind, EventSourceArn=foreign) == (
        "Role and event source must be in the same account as the cloud function"
    )


@pytest.mark.parametrize("kind", ["sqs", "kinesis", "dynamodb", "msk"])
async def test_other_sources_may_be_of_another_account(bench: Bench, kind: str) -> None:
    foreign = arn(bench, kind, account_id="210987654321")
    assert (await made(bench, kind, EventSourceArn=foreign))["EventSourceArn"] == foreign


@pytest.mark.parametrize(
    ("kind", "described"),
    [
        ("sqs", 'An event source mapping with SQS arn (" {source} ") and function (" fn ")'),
        ("kinesis", 'The event source arn (" {source} ") and function (" fn ") provided mapping'),
        ("dynamodb", 'The event source arn (" {source} ") and function (" fn ") provided mapping'),
        (
            "kafka",
            (
                'An event source mapping with event source ("a.example:9092,b.example:9092"), '
                'function ("{function}"), topics ("topic")'
            ),
        ),
        (
            "msk",
            'An event source mapping with event source ("{source}"), function ("{function}"), topics ("topic")',
        ),
        (
            "mq",
            'An event source mapping with event source ("{source}"), function ("{function}"), queues ("q")',
        ),
        (
            "documentdb",
            'An event source mapping with event source ("{source}"), function ("{function}")',
        ),
    ],
)
async def test_the_same_mapping_is_not_made_twice(bench: Bench, kind: str, described: str) -> None:
    # Recorded: SQS, streams and self-managed Kafka.
    uuid = (await made(bench, kind))["UUID"]
    needed = {"FunctionName": "fn", **smallest(bench, kind)}
    text = described.format(source=needed.get("EventSourceArn"), function=bench.arn())
    assert await refused(bench, "CreateEventSourceMapping", **needed) == (
        "ResourceConflictException",
        f"{text} already exists. Please update or delete the existing mapping with UUID {uuid}",
        409,
    )
    await bench.call("CreateEventSourceMapping", **(needed | {"FunctionName": "fn:$LATEST"}))


async def test_other_topics_queues_hosts_and_collections_are_other_mappings(bench: Bench) -> None:
    await made(bench, "kafka")
    await made(bench, "kafka", Topics=["other"])
    await made(bench, "mq")
    await made(bench, "mq", Queues=["other"])
    host = {"Type": "VIRTUAL_HOST", "URI": "/host"}
    await made(bench, "mq", SourceAccessConfigurations=[*basic_auth(bench), host])
    await made(bench, "documentdb")
    config = {"DatabaseName": "db", "CollectionName": "c"}
    await made(bench, "documentdb", DocumentDBEventSourceConfig=config)
    listed = await bench.call("ListEventSourceMappings")
    assert len(listed["EventSourceMappings"]) == 7
