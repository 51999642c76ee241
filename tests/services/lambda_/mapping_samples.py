"""Event sources of every kind, and what AWS shows of a mapping that gives no more than it must."""

from typing import Any

from tests.fakes.ids import CountedIds
from tests.fakes.versions import ACCOUNT, key
from tests.services.lambda_.bench import REGIONS, Bench
from tests.services.lambda_.golden import INVALID, refused

FIRST = "00000000-0000-4000-8000-000000000001"
NOT_POLLED = "lambent does not poll event sources yet"
RESOURCES = {
    "sqs": "sqs:{at}:queue",
    "fifo": "sqs:{at}:queue.fifo",
    "kinesis": "kinesis:{at}:stream/s",
    "consumer": "kinesis:{at}:stream/s/consumer/c:1598827811",
    "dynamodb": "dynamodb:{at}:table/t/stream/2024-05-01T12:34:56.789",
    "msk": "kafka:{at}:cluster/c/6a2c8b3e-1d5c-4b7e-9f0a-2c4d6e8f0a1b-2",
    "mq": "mq:{at}:broker:b:b-6a2c8b3e-1d5c-4b7e-9f0a-2c4d6e8f0a1b",
    "documentdb": "rds:{at}:cluster:c",
}
KINDS = ("sqs", "kinesis", "dynamodb", "msk", "kafka", "mq", "documentdb")
STREAM_DEFAULTS: dict[str, Any] = {  # recorded: Kinesis and DynamoDB
    "BatchSize": 100,
    "BisectBatchOnFunctionError": False,
    "DestinationConfig": {"OnFailure": {}},
    "FunctionResponseTypes": [],
    "LastProcessingResult": "No records processed",
    "MaximumBatchingWindowInSeconds": 0,
    "MaximumRecordAgeInSeconds": -1,
    "MaximumRetryAttempts": -1,
    "ParallelizationFactor": 1,
    "TumblingWindowInSeconds": 0,
}
POLLED_DEFAULTS: dict[
    str, Any
] = {  # AWS documentation: with-mq, with-documentdb, msk-esm-parameters
    "BatchSize": 100,
    "LastProcessingResult": "No records processed",
}


def arn(bench: Bench, what: str, *, region: str = "", account_id: str = ACCOUNT) -> str:
    """The ARN of an event source, in the region of the bench unless it is said."""
    region = region or bench.region
    return f"arn:{REGIONS[bench.region]}:" + RESOURCES[what].format(at=f"{region}:{account_id}")


def secret(bench: Bench) -> str:
    """Where a password is kept."""
    return f"arn:{REGIONS[bench.region]}:secretsmanager:{bench.region}:{ACCOUNT}:secret:s"


def basic_auth(bench: Bench) -> list[dict[str, str]]:
    """`SourceAccessConfigurations` with a password."""
    return [{"Type": "BASIC_AUTH", "URI": secret(bench)}]


def smallest(bench: Bench, kind: str) -> dict[str, Any]:
    """The least that CreateEventSourceMapping takes for a kind of source, beside FunctionName."""
    latest = {"StartingPosition": "LATEST"}
    match kind:
        case "kinesis" | "consumer" | "dynamodb":
            own: dict[str, Any] = latest
        case "msk":
            own = {**latest, "Topics": ["topic"]}
        case "mq":
            own = {"Queues": ["q"], "SourceAccessConfigurations": basic_auth(bench)}
        case "documentdb":
            own = {
                "DocumentDBEventSourceConfig": {"DatabaseName": "db"},
                "SourceAccessConfigurations": basic_auth(bench),
            }
        case "kafka":
            return {
                **latest,
                "SelfManagedEventSource": {
                    "Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["a.example:9092", "b.example:9092"]}
                },
                "SourceAccessConfigurations": basic_auth(bench),
                "Topics": ["topic"],
            }
        case _:
            own = {}
    return {"EventSourceArn": arn(bench, kind), **own}


def shown(bench: Bench, kind: str) -> dict[str, Any]:
    """What `smallest` leads to, without State and StateTransitionReason."""
    given = smallest(bench, kind)
    common = {
        "UUID": FIRST,
        "EventSourceMappingArn": (
            f"arn:{REGIONS[bench.region]}:lambda:{bench.region}:{ACCOUNT}:event-source-mapping:{FIRST}"
        ),
        "FunctionArn": bench.arn(),
        "LastModified": 1_714_566_896.789,
    }
    match kind:
        case "sqs" | "fifo":  # recorded
            defaults: dict[str, Any] = {
                "BatchSize": 10,
                "FunctionResponseTypes": [],
                "MaximumBatchingWindowInSeconds": 0,
            }
        case "kinesis" | "consumer" | "dynamodb":
            defaults = STREAM_DEFAULTS
        case "msk":
            group = {"ConsumerGroupId": FIRST}
            defaults = {**POLLED_DEFAULTS, "AmazonManagedKafkaEventSourceConfig": group}
        case "kafka":
            group = {"ConsumerGroupId": FIRST}
            defaults = {**POLLED_DEFAULTS, "SelfManagedKafkaEventSourceConfig": group}
        case "documentdb":
            config = {"DatabaseName": "db", "FullDocument": "Default"}
            return common | POLLED_DEFAULTS | given | {"DocumentDBEventSourceConfig": config}
        case _:
            defaults = POLLED_DEFAULTS
    return common | defaults | given


def reason(kind: str) -> str:
    """`StateTransitionReason` of what the user did; recorded for SQS, streams and Kafka."""
    return "User action" if kind in {"kinesis", "consumer", "dynamodb"} else "USER_INITIATED"


async def made(bench: Bench, kind: str = "sqs", **members: Any) -> dict[str, Any]:
    """CreateEventSourceMapping with what it needs, and `members`; the function is made where it is missing."""
    if await bench.functions.get(key(region=bench.region)) is None:
        await bench.create_active()
        bench.ids = CountedIds()
    needed = {"FunctionName": "fn", **smallest(bench, kind)}
    return await bench.call("CreateEventSourceMapping", **(needed | members))


async def refusal(bench: Bench, kind: str, **members: Any) -> str:
    """The text of the error; its code and status are always the same."""
    await bench.create_active()
    needed = {"FunctionName": "fn", **smallest(bench, kind)}
    given = {name: value for name, value in (needed | members).items() if value is not None}
    code, text, status = await refused(bench, "CreateEventSourceMapping", **given)
    assert (code, status) == (INVALID, 400)
    return text
