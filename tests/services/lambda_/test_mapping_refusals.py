"""What CreateEventSourceMapping refuses, by kind of source and in AWS's words where they are known (docs/doubts.md has the others).

"Recorded" are answers of AWS of 2023 to 2026; "documented" is AWS's documentation of the parameter.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import refused
from tests.services.lambda_.mapping_samples import arn, refusal, secret, smallest

FROM_PASCAL = "Unsupported {} parameter for given event source mapping type."
FROM_CAMEL = "Unsupported '{}' parameter for given event source mapping type."
INVALID_MEMBERS = "Invalid parameters: {}"
WRONG_ACCESS = "Unsupported source access configurations type for given event source mapping type."
POLLERS = {"MinimumPollers": 2, "MaximumPollers": 10}


UNSUPPORTED = [
    # Recorded: SQS.
    ("sqs", "BisectBatchOnFunctionError", True, FROM_PASCAL),
    ("sqs", "DestinationConfig", {"OnFailure": {}}, FROM_PASCAL),
    ("sqs", "LoggingConfig", {"SystemLogLevel": "INFO"}, FROM_PASCAL),
    ("sqs", "MaximumRecordAgeInSeconds", 60, FROM_PASCAL),
    ("sqs", "MaximumRetryAttempts", 1, FROM_PASCAL),
    ("sqs", "ParallelizationFactor", 2, FROM_PASCAL),
    ("sqs", "TumblingWindowInSeconds", 1, FROM_PASCAL),
    # In the same form.
    ("sqs", "Topics", ["t"], FROM_PASCAL),
    ("sqs", "Queues", ["q"], FROM_PASCAL),
    ("sqs", "SourceAccessConfigurations", [], FROM_PASCAL),
    # Recorded: Kinesis.
    ("kinesis", "ScalingConfig", {"MaximumConcurrency": 10}, FROM_PASCAL),
    ("kinesis", "ProvisionedPollerConfig", POLLERS, FROM_PASCAL),
    ("dynamodb", "ScalingConfig", {"MaximumConcurrency": 10}, FROM_PASCAL),
    ("dynamodb", "LoggingConfig", {"SystemLogLevel": "INFO"}, FROM_PASCAL),
    # Recorded: MQ.
    ("mq", "FunctionResponseTypes", ["ReportBatchItemFailures"], FROM_CAMEL),
    ("mq", "StartingPosition", "LATEST", FROM_CAMEL),
    ("mq", "StartingPositionTimestamp", datetime(2024, 1, 1, tzinfo=UTC), FROM_CAMEL),
    # In the same form.
    ("mq", "MetricsConfig", {"Metrics": ["EventCount"]}, FROM_CAMEL),
    ("mq", "ProvisionedPollerConfig", POLLERS, FROM_CAMEL),
    ("msk", "ParallelizationFactor", 2, FROM_CAMEL),
    ("msk", "Queues", ["q"], FROM_CAMEL),
    ("msk", "SelfManagedKafkaEventSourceConfig", {}, FROM_CAMEL),
    ("kafka", "AmazonManagedKafkaEventSourceConfig", {}, FROM_CAMEL),
    ("kafka", "ScalingConfig", {"MaximumConcurrency": 10}, FROM_CAMEL),
    ("kafka", "TumblingWindowInSeconds", 1, FROM_CAMEL),
    # Recorded: DocumentDB.
    ("documentdb", "FilterCriteria", {"Filters": []}, INVALID_MEMBERS),
    ("documentdb", "FunctionResponseTypes", ["ReportBatchItemFailures"], INVALID_MEMBERS),
    ("documentdb", "DestinationConfig", {"OnFailure": {}}, INVALID_MEMBERS),
]


@pytest.mark.parametrize(("kind", "member", "value", "form"), UNSUPPORTED)
async def test_a_member_that_a_source_does_not_take_is_named(
    bench: Bench, kind: str, member: str, value: Any, form: str
) -> None:
    name = member if form is FROM_PASCAL else member[0].lower() + member[1:]
    assert await refusal(bench, kind, **{member: value}) == form.format(name)


async def test_document_db_names_all_members_that_it_does_not_take(bench: Bench) -> None:
    text = await refusal(bench, "documentdb", FilterCriteria={}, MaximumRetryAttempts=1)
    assert text == "Invalid parameters: filterCriteria, maximumRetryAttempts"


NO_ACCESS: list[list[Any] | None] = [None, []]
AT = datetime(2024, 1, 1, tzinfo=UTC)
VALUES: list[tuple[str, dict[str, Any], str]] = [
    # Recorded: positions.
    (
        "sqs",
        {"StartingPosition": "LATEST", "StartingPositionTimestamp": AT},
        "StartingPosition is not valid for SQS event sources.",
    ),
    ("sqs", {"StartingPositionTimestamp": AT}, "Timestamp is not valid for SQS event sources."),
    *[
        (
            kind,
            {"StartingPosition": None},
            (
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: "
                "Member must not be null."
            ),
        )
        for kind in ("kinesis", "dynamodb")
    ],
    *[
        (
            kind,
            {"StartingPositionTimestamp": AT},
            "Timestamp only valid with StartingPosition AT_TIMESTAMP",
        )
        for kind in ("kinesis", "dynamodb", "msk")
    ],
    ("kinesis", {"StartingPosition": "AT_TIMESTAMP"}, "Need to specify a timestamp"),
    (
        "kinesis",
        {
            "StartingPosition": "AT_TIMESTAMP",
            "StartingPositionTimestamp": datetime(1960, 1, 1, tzinfo=UTC),
        },
        (
            "Received Exception while reading from provided stream. "
            "class java.lang.Long can not be converted to a Timestamp"
        ),
    ),
    # Documented.
    (
        "kinesis",
        {
            "StartingPosition": "AT_TIMESTAMP",
            "StartingPositionTimestamp": datetime(2024, 5, 1, 12, 34, 57, tzinfo=UTC),
        },
        "StartingPositionTimestamp cannot be in the future.",
    ),
    ("msk", {"StartingPosition": None}, "Required 'startingPosition' parameter is missing."),
    # Recorded: batches of queues.
    *[
        (
            kind,
            {"BatchSize": 11, **window},
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10",
        )
        for kind in ("sqs", "fifo")
        for window in ({}, {"MaximumBatchingWindowInSeconds": 0})
    ],
    *[
        (
            "fifo",
            {"BatchSize": size, "MaximumBatchingWindowInSeconds": 1},
            "Batching window is not supported for FIFO queues",
        )
        for size in (1, 11)
    ],
    # Recorded: records that fail.
    *[
        (
            "kinesis",
            {"MaximumRecordAgeInSeconds": age},
            "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)",
        )
        for age in (0, 59)
    ],
    (
        "kinesis",
        {"DestinationConfig": {"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:1:q"}}},
        FROM_PASCAL.format("DestinationConfig"),
    ),
    *[
        (
            kind,
            {"DestinationConfig": {"OnFailure": {"Destination": destination}}},
            "The service specified by the TargetArn isn't supported as a destination.",
        )
        for kind, destination in (
            ("kinesis", "arn:aws:lambda:us-east-1:123456789012:function:f"),
            ("kinesis", "kafka://topic"),
        )
    ],
    (
        "dynamodb",
        {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sqs:r:1:q.fifo"}}},
        "FIFO-type Amazon SQS queues aren't supported as a destination.",
    ),
    (
        "dynamodb",
        {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:r:1:t.fifo"}}},
        "FIFO-type Amazon SNS topics aren't supported as a destination.",
    ),
    # Recorded: pollers and metrics.
    (
        "sqs",
        {"ProvisionedPollerConfig": {"MinimumPollers": 10, "MaximumPollers": 5}},
        "MinimumPollers must be less than or equal to MaximumPollers.",
    ),
    *[
        (
            "sqs",
            {"ProvisionedPollerConfig": pollers},
            "MinimumPollers should be between [2, 200] and MaximumPollers should be between [MinimumPollers, 10000]",
        )
        for pollers in ({"MinimumPollers": 1}, {"MaximumPollers": 1})
    ],
    (
        "msk",
        {"ProvisionedPollerConfig": {"MaximumPollers": 2_001}},
        "MinimumPollers should be between [1, 200] and MaximumPollers should be between [MinimumPollers, 2000]",
    ),
    (
        "sqs",
        {"ProvisionedPollerConfig": {**POLLERS, "PollerGroupName": "g"}},
        "Invalid parameter: pollerGroupName",
    ),
    (
        "sqs",
        {"ProvisionedPollerConfig": {}},
        "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is provided.",
    ),
    (
        "sqs",
        {"ProvisionedPollerConfig": POLLERS, "ScalingConfig": {"MaximumConcurrency": 10}},
        (
            "Provisioned mode for SQS ESM does not support maximum concurrency feature. "
            "Use MaximumPollers as the control mechanism and remove maximum concurrency."
        ),
    ),
    *[
        (
            "sqs",
            {"MetricsConfig": {"Metrics": metrics}},
            "Invalid EventSourceMapping metrics. Expected values: [EventCount]",
        )
        for metrics in (["ErrorCount"], ["EventCount", "KafkaMetrics"])
    ],
    # Recorded: what must be there.
    ("msk", {"Topics": None}, "Required 'topics' parameter is missing."),
    ("kafka", {"Topics": None}, "Required 'topics' parameter is missing."),
    ("mq", {"Queues": None}, "Required 'queues' parameter is missing."),
    *[
        (
            kind,
            {"SourceAccessConfigurations": access},
            "Required 'sourceAccessConfigurations' parameter is missing.",
        )
        for kind in ("kafka", "mq")
        for access in NO_ACCESS
    ],
    (
        "kafka",
        {"SelfManagedEventSource": {}},
        "Required 'selfManagedEventSource.endpoints' parameter is missing.",
    ),
    (
        "documentdb",
        {"SourceAccessConfigurations": None},
        "Invalid parameters: sourceAccessConfigurations, sourceAccessConfigurations",
    ),
    *[
        (
            "documentdb",
            {"DocumentDBEventSourceConfig": config},
            "Invalid parameters: databaseName",
        )
        for config in (None, {"CollectionName": "c"})
    ],
    # Documented: queues of Kafka.
    *[
        ("kafka", {"SelfManagedKafkaEventSourceConfig": {"ConsumptionMode": "Queue"}, **m}, text)
        for m, text in (
            ({}, FROM_CAMEL.format("startingPosition")),
            (
                {"StartingPosition": None, "MaximumBatchingWindowInSeconds": 1},
                FROM_CAMEL.format("maximumBatchingWindowInSeconds"),
            ),
            (
                {"StartingPosition": None, "MaximumRetryAttempts": -1},
                "MaximumRetryAttempts -1 is not supported when ConsumptionMode is Queue.",
            ),
        )
    ],
    # Recorded.
    (
        "kinesis",
        {"FilterCriteria": {"Filters": [{"Pattern": "single-string"}]}},
        "Invalid filter pattern definition.",
    ),
]


@pytest.mark.parametrize(("kind", "members", "text"), VALUES)
async def test_a_value_that_a_source_does_not_take_is_refused(
    bench: Bench, kind: str, members: dict[str, Any], text: str
) -> None:
    assert await refusal(bench, kind, **members) == text


async def test_a_stream_of_dynamodb_has_no_timestamps(bench: Bench) -> None:
    text = await refusal(
        bench, "dynamodb", StartingPosition="AT_TIMESTAMP", StartingPositionTimestamp=AT
    )  # recorded
    assert text == f"Unsupported starting position for arn type: {arn(bench, 'dynamodb')}"


@pytest.mark.parametrize(
    ("kind", "types", "text"),
    [
        ("mq", ["BASIC_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"], WRONG_ACCESS),  # recorded
        ("mq", ["SASL_SCRAM_512_AUTH"], WRONG_ACCESS),  # recorded
        ("mq", ["VIRTUAL_HOST"], "Required 'sourceAccessConfigurations' parameter is missing."),
        ("msk", ["BASIC_AUTH"], WRONG_ACCESS),
        ("kafka", ["VIRTUAL_HOST"], WRONG_ACCESS),
        ("documentdb", ["VPC_SUBNET"], "Invalid parameters: sourceAccessConfigurations"),
        # Documented.
        (
            "kafka",
            ["OAUTHBEARER_SCOPE"],
            "The source access configuration OAUTHBEARER_SCOPE requires OAUTHBEARER_AUTH.",
        ),
        (
            "kafka",
            ["OAUTHBEARER_AUDIENCE"],
            "The source access configuration OAUTHBEARER_AUDIENCE requires IAM_OAUTHBEARER_AUTH or OAUTHBEARER_AUTH.",
        ),
        (
            "kafka",
            ["IAM_AUTH"],
            "The source access configuration IAM_AUTH has no URI.",
        ),
    ],
)
async def test_a_source_is_reached_in_its_own_ways(
    bench: Bench, kind: str, types: list[str], text: str
) -> None:
    access = [{"Type": one, "URI": secret(bench)} for one in types]
    assert await refusal(bench, kind, SourceAccessConfigurations=access) == text


async def test_web_identity_tokens_need_an_audience_and_nothing_else(bench: Bench) -> None:
    token = {"Type": "IAM_OAUTHBEARER_AUTH"}
    audience = {"Type": "OAUTHBEARER_AUDIENCE", "URI": "kafka"}
    scope = {"Type": "OAUTHBEARER_AUTH", "URI": secret(bench)}
    assert await refusal(bench, "kafka", SourceAccessConfigurations=[token]) == (
        "The source access configuration IAM_OAUTHBEARER_AUTH requires OAUTHBEARER_AUDIENCE."
    )
    given = {"FunctionName": "fn", **smallest(bench, "kafka")}
    given["SourceAccessConfigurations"] = [token, audience, scope]
    assert (await refused(bench, "CreateEventSourceMapping", **given))[1] == (
        "The source access configuration IAM_OAUTHBEARER_AUTH does not support OAUTHBEARER_AUTH."
    )
    given["SourceAccessConfigurations"] = [{"Type": "BASIC_AUTH"}]
    assert (await refused(bench, "CreateEventSourceMapping", **given))[1] == (
        "The source access configuration BASIC_AUTH needs a URI."
    )
    given["SourceAccessConfigurations"] = [token, audience]
    mapping = await bench.call("CreateEventSourceMapping", **given)
    assert mapping["SourceAccessConfigurations"] == [token, audience]


@pytest.mark.parametrize("missing", ["uri", "format", "validation", "pollers"])
async def test_a_schema_registry_needs_provisioned_mode_and_what_to_validate(
    bench: Bench, missing: str
) -> None:
    # Measured by others: AWS demands both; the words are of the form that was recorded for topics.
    registry: dict[str, Any] = {
        "SchemaRegistryURI": "https://registry.example",
        "EventRecordFormat": "JSON",
        "SchemaValidationConfigs": [{"Attribute": "VALUE"}],
    }
    members: dict[str, Any] = {"ProvisionedPollerConfig": {"MinimumPollers": 1}}
    owner, name, text = {
        "uri": (registry, "SchemaRegistryURI", "schemaRegistryURI"),
        "format": (registry, "EventRecordFormat", "eventRecordFormat"),
        "validation": (registry, "SchemaValidationConfigs", "schemaValidationConfigs"),
        "pollers": (members, "ProvisionedPollerConfig", "provisionedPollerConfig"),
    }[missing]
    del owner[name]
    members["SelfManagedKafkaEventSourceConfig"] = {"SchemaRegistryConfig": registry}
    expected = f"Required '{text}' parameter is missing."
    assert await refusal(bench, "kafka", **members) == expected
