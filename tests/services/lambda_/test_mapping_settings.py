"""Every setting of event source mappings as it is given, shown, changed and cleared (botocore model; reference 01 §16, 04)."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from lambent.model.mapping import EventSourceMapping
from lambent.services.lambda_.effects_mappings import MAPPING_EFFECTS
from lambent.wire.models import Models
from tests.services.lambda_.bench import Bench
from tests.services.lambda_.golden import INVALID, refused
from tests.services.lambda_.mapping_samples import arn, basic_auth, made, secret

MODEL = ServiceModel(Loader().load_service_model("lambda", "service-2"))
FILTERS = {"Filters": [{"Pattern": '{"body": {"a": ["x"]}}'}]}
KEY = "arn:aws:kms:us-east-1:123456789012:key/k"


def everything(bench: Bench, kind: str) -> dict[str, Any]:
    """All that a kind of source takes beyond the least, so that it is shown as it is given."""
    common = {
        "BatchSize": 7,
        "MaximumBatchingWindowInSeconds": 2,
        "KMSKeyArn": KEY,
    }
    filtered = {**common, "FilterCriteria": FILTERS}
    retried = {
        **filtered,
        "StartingPosition": "AT_TIMESTAMP",
        "BisectBatchOnFunctionError": True,
        "DestinationConfig": {"OnFailure": {"Destination": arn(bench, "sqs")}},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "MaximumRecordAgeInSeconds": 60,
        "MaximumRetryAttempts": 0,
    }
    stream = {
        **retried,
        "MetricsConfig": {"Metrics": ["EventCount"]},
        "ParallelizationFactor": 10,
        "TumblingWindowInSeconds": 900,
    }
    kafka = {
        **retried,
        "LoggingConfig": {"SystemLogLevel": "DEBUG"},
        "MetricsConfig": {"Metrics": ["EventCount", "ErrorCount", "KafkaMetrics"]},
        "ProvisionedPollerConfig": {
            "MinimumPollers": 1,
            "MaximumPollers": 2_000,
            "PollerGroupName": "group",
        },
    }
    config = {
        "ConsumerGroupId": "mine",
        "SchemaRegistryConfig": {
            "SchemaRegistryURI": "https://registry.example",
            "EventRecordFormat": "SOURCE",
            "AccessConfigs": [{"Type": "BASIC_AUTH", "URI": secret(bench)}],
            "SchemaValidationConfigs": [{"Attribute": "KEY"}, {"Attribute": "VALUE"}],
        },
    }
    scram = [{"Type": "SASL_SCRAM_512_AUTH", "URI": secret(bench)}]
    whole: dict[str, dict[str, Any]] = {
        "sqs": {
            **filtered,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "MetricsConfig": {"Metrics": ["EventCount"]},
            "ProvisionedPollerConfig": {"MinimumPollers": 2, "MaximumPollers": 10_000},
        },
        "kinesis": stream,
        "dynamodb": {**stream, "StartingPosition": "TRIM_HORIZON"},
        "msk": {
            **kafka,
            "AmazonManagedKafkaEventSourceConfig": config,
            "SourceAccessConfigurations": scram,
            "DestinationConfig": {"OnFailure": {"Destination": "kafka://failed"}},
        },
        "kafka": {
            **kafka,
            "SelfManagedKafkaEventSourceConfig": {**config, "ConsumptionMode": "Stream"},
            "SourceAccessConfigurations": [
                {"Type": "VPC_SUBNET", "URI": "subnet:subnet-1"},
                {"Type": "VPC_SECURITY_GROUP", "URI": "security_group:sg-1"},
            ],
        },
        "mq": {
            **filtered,
            "SourceAccessConfigurations": [
                *basic_auth(bench),
                {"Type": "VIRTUAL_HOST", "URI": "/host"},
            ],
        },
        "documentdb": {
            **common,
            "StartingPosition": "AT_TIMESTAMP",
            "DocumentDBEventSourceConfig": {
                "DatabaseName": "db",
                "CollectionName": "c",
                "FullDocument": "UpdateLookup",
            },
        },
    }
    return whole[kind]


def timed(members: dict[str, Any], instant: datetime | float) -> dict[str, Any]:
    """With the instant that AT_TIMESTAMP needs."""
    if members.get("StartingPosition") != "AT_TIMESTAMP":
        return members
    return {**members, "StartingPositionTimestamp": instant}


KINDS = ["sqs", "kinesis", "dynamodb", "msk", "kafka", "mq", "documentdb"]


@pytest.mark.parametrize("kind", KINDS)
async def test_all_settings_are_shown_as_they_were_given(bench: Bench, kind: str) -> None:
    given = everything(bench, kind)
    instant = datetime(2024, 5, 1, 12, 34, 56, 789_000, tzinfo=UTC)
    mapping = await made(bench, kind, **timed(given, instant))
    expected = timed(given, 1_714_566_896.789)
    assert {name: mapping.get(name) for name in expected} == expected
    read = await bench.call("GetEventSourceMapping", UUID=mapping["UUID"])
    assert {name: read.get(name) for name in expected} == expected


@pytest.mark.parametrize("kind", KINDS)
async def test_a_mapping_is_the_same_after_it_was_stored(bench: Bench, kind: str) -> None:
    await made(
        bench,
        kind,
        Tags={"a": "1"},
        **timed(everything(bench, kind), datetime(2024, 1, 1, tzinfo=UTC)),
    )
    (record,) = await bench.stores.event_source_mappings.everything()
    stored = msgspec.json.encode(record.body)
    assert msgspec.json.decode(stored, type=EventSourceMapping) == record.body


async def test_every_input_of_the_model_is_shown_by_some_kind(bench: Bench) -> None:
    seen: set[str] = set()
    for kind in KINDS:
        given = timed(everything(bench, kind), datetime(2024, 1, 1, tzinfo=UTC))
        seen |= set(await made(bench, kind, **given))
    uuid = (await made(bench, "fifo", ScalingConfig={"MaximumConcurrency": 2}))["UUID"]
    seen |= set(await bench.call("GetEventSourceMapping", UUID=uuid))
    output = MODEL.shape_for("EventSourceMappingConfiguration").members
    assert set(output) - seen == {"FilterCriteriaError"}, "which only KMS could cause"


async def test_filters_that_are_to_be_encrypted_are_left_out_of_lists(bench: Bench) -> None:
    # botocore model: null in ListEventSourceMappings, shown by GetEventSourceMapping.
    await made(bench, FilterCriteria=FILTERS, KMSKeyArn=KEY)
    await made(bench, "kinesis", FilterCriteria=FILTERS)
    encrypted, plain = (await bench.call("ListEventSourceMappings"))["EventSourceMappings"]
    assert "FilterCriteria" not in encrypted
    assert encrypted["KMSKeyArn"] == KEY
    assert plain["FilterCriteria"] == FILTERS
    read = await bench.call("GetEventSourceMapping", UUID=encrypted["UUID"])
    assert read["FilterCriteria"] == FILTERS


@pytest.mark.parametrize(
    ("kind", "given", "cleared", "default"),
    [
        ("sqs", {"FilterCriteria": FILTERS}, {"FilterCriteria": {}}, None),  # recorded
        ("sqs", {"FilterCriteria": FILTERS}, {"FilterCriteria": {"Filters": []}}, None),
        ("sqs", {"ScalingConfig": {"MaximumConcurrency": 2}}, {"ScalingConfig": {}}, None),
        ("sqs", {"KMSKeyArn": KEY}, {"KMSKeyArn": ""}, None),
        (
            "sqs",
            {"ProvisionedPollerConfig": {"MinimumPollers": 3}},
            {"ProvisionedPollerConfig": {}},
            None,
        ),
        (
            "sqs",
            {"FunctionResponseTypes": ["ReportBatchItemFailures"]},
            {"FunctionResponseTypes": []},
            [],
        ),
        (
            "sqs",
            {"MetricsConfig": {"Metrics": ["EventCount"]}},
            {"MetricsConfig": {"Metrics": []}},
            None,
        ),
        ("msk", {"LoggingConfig": {"SystemLogLevel": "WARN"}}, {"LoggingConfig": {}}, None),
        (
            "kinesis",
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:sns:r:1:t"}}},
            {"DestinationConfig": {}},
            {"OnFailure": {}},
        ),
        (
            "kinesis",
            {"DestinationConfig": {"OnFailure": {"Destination": "arn:aws:s3:::b"}}},
            {"DestinationConfig": {"OnFailure": {"Destination": ""}}},
            {"OnFailure": {}},
        ),
    ],
)
async def test_an_empty_value_clears_a_setting(
    bench: Bench, kind: str, given: dict[str, Any], cleared: dict[str, Any], default: Any
) -> None:
    mapping = await made(bench, kind, **given)
    (name,) = given
    assert mapping[name] != default
    updated = await bench.call("UpdateEventSourceMapping", UUID=mapping["UUID"], **cleared)
    assert updated.get(name) == default


async def test_an_update_changes_what_is_given_and_keeps_the_rest(bench: Bench) -> None:
    given = timed(everything(bench, "kinesis"), datetime(2024, 1, 1, tzinfo=UTC))
    before = await made(bench, "kinesis", **given)
    after = await bench.call(
        "UpdateEventSourceMapping",
        UUID=before["UUID"],
        BatchSize=9_999,
        MaximumBatchingWindowInSeconds=0,
        BisectBatchOnFunctionError=False,
        MaximumRetryAttempts=-1,
    )
    assert after == before | {
        "BatchSize": 9_999,
        "MaximumBatchingWindowInSeconds": 0,
        "BisectBatchOnFunctionError": False,
        "MaximumRetryAttempts": -1,
        "State": "Updating",
    }


async def test_an_update_that_is_refused_changes_nothing(bench: Bench) -> None:
    before = await made(bench)
    answer = await refused(bench, "UpdateEventSourceMapping", UUID=before["UUID"], BatchSize=11)
    assert answer[0] == INVALID
    read = await bench.call("GetEventSourceMapping", UUID=before["UUID"])
    assert read["BatchSize"] == 10


@pytest.mark.parametrize(
    ("kind", "members", "text"),
    [
        # Measured by others: even when they are the same as before.
        (
            "msk",
            {"AmazonManagedKafkaEventSourceConfig": {"ConsumerGroupId": "g"}},
            "Unsupported 'amazonManagedKafkaEventSourceConfig.consumerGroupId' parameter for given event source mapping type.",
        ),
        (
            "kafka",
            {"SelfManagedKafkaEventSourceConfig": {"ConsumptionMode": "Stream"}},
            "Unsupported 'selfManagedKafkaEventSourceConfig.consumptionMode' parameter for given event source mapping type.",
        ),
        # Documented: not in UpdateEventSourceMapping.
        (
            "mq",
            {"SourceAccessConfigurations": [{"Type": "VIRTUAL_HOST", "URI": "/"}]},
            "VIRTUAL_HOST cannot be changed after creation.",
        ),
        (
            "mq",
            {"SourceAccessConfigurations": []},
            "Required 'sourceAccessConfigurations' parameter is missing.",
        ),
        (
            "sqs",
            {"TumblingWindowInSeconds": 1},
            "Unsupported TumblingWindowInSeconds parameter for given event source mapping type.",
        ),
    ],
)
async def test_what_is_fixed_after_creation_is_refused(
    bench: Bench, kind: str, members: dict[str, Any], text: str
) -> None:
    uuid = (await made(bench, kind))["UUID"]
    answer = await refused(bench, "UpdateEventSourceMapping", UUID=uuid, **members)
    assert answer == (INVALID, text, 400)


async def test_the_virtual_host_stays_when_the_password_changes(bench: Bench) -> None:
    host = {"Type": "VIRTUAL_HOST", "URI": "/host"}
    access = [*basic_auth(bench), host]
    uuid = (await made(bench, "mq", SourceAccessConfigurations=access))["UUID"]
    other = [{"Type": "BASIC_AUTH", "URI": f"{secret(bench)}-2"}]
    updated = await bench.call(
        "UpdateEventSourceMapping", UUID=uuid, SourceAccessConfigurations=other
    )
    assert updated["SourceAccessConfigurations"] == [*other, host]


@pytest.mark.parametrize("kind", ["msk", "kafka"])
async def test_the_schema_registry_is_kept_replaced_or_removed(bench: Bench, kind: str) -> None:
    # Measured by others: an empty block keeps it, an empty SchemaRegistryConfig removes it.
    given = timed(everything(bench, kind), datetime(2024, 1, 1, tzinfo=UTC))
    mapping = await made(bench, kind, **given)
    name = next(name for name in mapping if name.endswith("KafkaEventSourceConfig"))
    nothing: list[dict[str, Any] | None] = [None, {}]
    for config in nothing:
        kept = await bench.call("UpdateEventSourceMapping", UUID=mapping["UUID"], **{name: config})
        assert kept[name] == mapping[name]
    registry = mapping[name]["SchemaRegistryConfig"] | {"EventRecordFormat": "JSON"}
    changed = await bench.call(
        "UpdateEventSourceMapping",
        UUID=mapping["UUID"],
        **{name: {"SchemaRegistryConfig": registry}},
    )
    assert changed[name]["SchemaRegistryConfig"] == registry
    removed = await bench.call(
        "UpdateEventSourceMapping", UUID=mapping["UUID"], **{name: {"SchemaRegistryConfig": {}}}
    )
    assert "SchemaRegistryConfig" not in removed[name]
    assert removed[name]["ConsumerGroupId"] == "mine"


async def test_pollers_are_filled_with_defaults_and_changed_one_by_one(bench: Bench) -> None:
    # botocore model: 2 and 200 for SQS, 1 and 200 for Kafka.
    queue = await made(bench, ProvisionedPollerConfig={"MinimumPollers": 5})
    assert queue["ProvisionedPollerConfig"] == {"MinimumPollers": 5, "MaximumPollers": 200}
    group = {"MaximumPollers": 7, "PollerGroupName": "g"}
    kafka = await made(bench, "msk", ProvisionedPollerConfig=group)
    assert kafka["ProvisionedPollerConfig"] == {"MinimumPollers": 1, **group}
    alone = await bench.call(
        "UpdateEventSourceMapping",
        UUID=kafka["UUID"],
        ProvisionedPollerConfig={"PollerGroupName": ""},
    )
    assert alone["ProvisionedPollerConfig"] == {"MinimumPollers": 1, "MaximumPollers": 7}


async def test_a_kafka_queue_has_no_position_and_no_retries(bench: Bench) -> None:
    # botocore model: ConsumptionMode.
    mapping = await made(
        bench,
        "kafka",
        StartingPosition=None,
        SelfManagedKafkaEventSourceConfig={"ConsumptionMode": "Queue"},
    )
    assert mapping["MaximumRetryAttempts"] == 0
    assert mapping["SelfManagedKafkaEventSourceConfig"]["ConsumptionMode"] == "Queue"
    assert "StartingPosition" not in mapping


async def test_document_db_is_changed_member_by_member(bench: Bench) -> None:
    uuid = (await made(bench, "documentdb"))["UUID"]
    updated = await bench.call(
        "UpdateEventSourceMapping",
        UUID=uuid,
        DocumentDBEventSourceConfig={"FullDocument": "UpdateLookup"},
    )
    assert updated["DocumentDBEventSourceConfig"] == {
        "DatabaseName": "db",
        "FullDocument": "UpdateLookup",
    }


@pytest.mark.parametrize("operation", list(MAPPING_EFFECTS))
def test_of_every_input_it_is_told_what_becomes_of_it(operation: str) -> None:
    paths = Models().service("lambda").input_paths(operation)
    assert len(MAPPING_EFFECTS[operation].members(paths)) > 0
