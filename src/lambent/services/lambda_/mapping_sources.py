"""What each kind of event source takes, shows when it is left out, and says when it refuses."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue
from lambent.model.mapping import SourceKind
from lambent.model.partitions import partition_of
from lambent.model.request import RequestContext
from lambent.wire.constraints import lower_camel

UNRECOGNIZED: Final = "Unrecognized event source."
_EVERY_SOURCE: Final = frozenset(
    {
        "UUID",
        "FunctionName",
        "Enabled",
        "BatchSize",
        "KMSKeyArn",
        "MaximumBatchingWindowInSeconds",
        "Tags",
    }
)
_WITH_ARN: Final = frozenset({"EventSourceArn"})
_FILTERED: Final = frozenset({"FilterCriteria"})
_POSITIONED: Final = frozenset({"StartingPosition", "StartingPositionTimestamp"})
_RETRIED: Final = frozenset(
    {
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "FunctionResponseTypes",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
    }
)
_STREAM: Final = (
    _WITH_ARN
    | _FILTERED
    | _POSITIONED
    | _RETRIED
    | {"MetricsConfig", "ParallelizationFactor", "TumblingWindowInSeconds"}
)
_KAFKA: Final = (
    _FILTERED
    | _POSITIONED
    | _RETRIED
    | {
        "LoggingConfig",
        "MetricsConfig",
        "ProvisionedPollerConfig",
        "SourceAccessConfigurations",
        "Topics",
    }
)
_STREAM_DEFAULTS: Final[Mapping[str, Any]] = {
    "batch_size": 100,
    "batching_window_seconds": 0,
    "response_types": (),
    "on_failure": "",
    "maximum_record_age_seconds": -1,
    "maximum_retry_attempts": -1,
    "bisect_batch_on_function_error": False,
    "parallelization_factor": 1,
    "tumbling_window_seconds": 0,
}
_POLLED: Final[Mapping[str, Any]] = {"batch_size": 100}
_USER_INITIATED: Final = "USER_INITIATED"


def _in_pascal(members: Sequence[str]) -> str:
    return f"Unsupported {members[0]} parameter for given event source mapping type."


def _in_camel(members: Sequence[str]) -> str:
    return f"Unsupported '{lower_camel(members[0])}' parameter for given event source mapping type."


def _together(members: Sequence[str]) -> str:
    return f"Invalid parameters: {', '.join(map(lower_camel, members))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One kind of event source. Texts are as recorded for one kind or another, see docs/doubts.md."""

    kind: SourceKind
    service: str = ""
    """As its ARN has it; empty for one that has none."""
    resource: re.Pattern[str] = field(default_factory=lambda: re.compile(""))
    """What follows the account in its ARN."""
    takes: frozenset[str]
    """The members that it takes, beside those that all take."""
    defaults: Mapping[str, Any]
    refusal: Callable[[Sequence[str]], str]
    """AWS's words for members that it does not take."""
    own_words: Mapping[str, str] = field(default_factory=dict)
    """Those for some of them."""
    reason: str = _USER_INITIATED
    """`StateTransitionReason` of what the user brought about."""
    has_result: bool = True
    """Whether it shows a `LastProcessingResult`."""
    needs_position: bool = False
    access_types: frozenset[str] = frozenset()
    metrics: tuple[str, ...] = ("EventCount",)
    most_pollers: int = 0
    """Of one mapping; 0 where there are none to be had."""
    least_pollers: int = 1
    same_account: bool = False

    def demand_supported(self, members: Mapping[str, Any]) -> None:
        """Return when this kind takes all of `members`, else raise InvalidParameterValue."""
        taken = _EVERY_SOURCE | self.takes
        refused = [
            name for name, value in members.items() if value is not None if name not in taken
        ]
        if refused:
            raise InvalidParameterValue(self.own_words.get(refused[0]) or self.refusal(refused))


_KAFKA_METRICS: Final = ("EventCount", "ErrorCount", "KafkaMetrics")
_NAME: Final = r"[^:/]+"
_SOURCES: Final = (
    Source(
        kind=SourceKind.SQS,
        service="sqs",
        resource=re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo"),
        takes=_WITH_ARN
        | _FILTERED
        | {
            "FunctionResponseTypes",
            "MetricsConfig",
            "ProvisionedPollerConfig",
            "ScalingConfig",
        },
        defaults={"batch_size": 10, "batching_window_seconds": 0, "response_types": ()},
        refusal=_in_pascal,
        own_words={
            "StartingPosition": "StartingPosition is not valid for SQS event sources.",
            "StartingPositionTimestamp": "Timestamp is not valid for SQS event sources.",
        },
        has_result=False,
        most_pollers=10_000,
        least_pollers=2,
    ),
    Source(
        kind=SourceKind.KINESIS,
        service="kinesis",
        resource=re.compile(rf"stream/{_NAME}(/consumer/{_NAME}:\d+)?"),
        takes=_STREAM,
        defaults=_STREAM_DEFAULTS,
        refusal=_in_pascal,
        reason="User action",
        needs_position=True,
    ),
    Source(
        kind=SourceKind.DYNAMODB,
        service="dynamodb",
        resource=re.compile(rf"table/{_NAME}/stream/[^/]+"),
        takes=_STREAM,
        defaults=_STREAM_DEFAULTS,
        refusal=_in_pascal,
        reason="User action",
        needs_position=True,
    ),
    Source(
        kind=SourceKind.MSK,
        service="kafka",
        resource=re.compile(rf"(cluster|vpc-connection)/{_NAME}(/{_NAME}){{1,2}}"),
        takes=_KAFKA | _WITH_ARN | {"AmazonManagedKafkaEventSourceConfig"},
        defaults=_POLLED,
        refusal=_in_camel,
        access_types=frozenset({"SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"}),
        metrics=_KAFKA_METRICS,
        most_pollers=2_000,
    ),
    Source(
        kind=SourceKind.MQ,
        service="mq",
        resource=re.compile(rf"broker:{_NAME}:{_NAME}"),
        takes=_WITH_ARN | _FILTERED | {"Queues", "SourceAccessConfigurations"},
        defaults=_POLLED,
        refusal=_in_camel,
        access_types=frozenset({"BASIC_AUTH", "VIRTUAL_HOST"}),
        same_account=True,
    ),
    Source(
        kind=SourceKind.DOCUMENTDB,
        service="rds",
        resource=re.compile(rf"cluster:{_NAME}"),
        takes=_WITH_ARN
        | _POSITIONED
        | {"DocumentDBEventSourceConfig", "SourceAccessConfigurations"},
        defaults=_POLLED,
        refusal=_together,
        access_types=frozenset({"BASIC_AUTH"}),
        same_account=True,
    ),
    Source(
        kind=SourceKind.SELF_MANAGED_KAFKA,
        takes=_KAFKA | {"SelfManagedEventSource", "SelfManagedKafkaEventSourceConfig"},
        defaults=_POLLED,
        refusal=_in_camel,
        access_types=frozenset(
            {
                "BASIC_AUTH",
                "CLIENT_CERTIFICATE_TLS_AUTH",
                "IAM_AUTH",
                "IAM_OAUTHBEARER_AUTH",
                "OAUTHBEARER_AUDIENCE",
                "OAUTHBEARER_AUTH",
                "OAUTHBEARER_IDENTITY_POOL",
                "OAUTHBEARER_LOGICAL_CLUSTER",
                "OAUTHBEARER_SCOPE",
                "SASL_SCRAM_256_AUTH",
                "SASL_SCRAM_512_AUTH",
                "SERVER_ROOT_CA_CERTIFICATE",
                "VPC_SECURITY_GROUP",
                "VPC_SUBNET",
            }
        ),
        metrics=_KAFKA_METRICS,
        most_pollers=2_000,
    ),
)
_BY_KIND: Final = {source.kind: source for source in _SOURCES}
_BY_SERVICE: Final = {source.service: source for source in _SOURCES if source.service}


def of_kind(kind: SourceKind) -> Source:
    """The source of a mapping that is stored."""
    return _BY_KIND[kind]


def find(context: RequestContext, members: Mapping[str, Any]) -> Source:
    """The source that CreateEventSourceMapping's input names. Raises InvalidParameterValue."""
    arn: str = members.get("EventSourceArn") or ""
    if not arn:
        if members.get("SelfManagedEventSource") is None:
            raise InvalidParameterValue(UNRECOGNIZED)
        return of_kind(SourceKind.SELF_MANAGED_KAFKA)
    _, partition, service, region, account_id, resource = arn.split(":", 5)
    source = _BY_SERVICE.get(service)
    if source is None or source.resource.fullmatch(resource) is None:
        raise _unsupported(arn)
    if region != context.region:
        raise InvalidParameterValue(
            f"Event source region must match Lambda region {context.region}"
        )
    if partition != partition_of(region).name or not account_id:
        raise _unsupported(arn)
    if source.same_account and account_id != context.account_id:
        raise InvalidParameterValue(
            "Role and event source must be in the same account as the cloud function"
        )
    return source


def _unsupported(arn: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"{UNRECOGNIZED} Unsupported source arn : {arn}")
