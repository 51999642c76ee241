"""An event source mapping: what is to be read from a queue, a stream or a broker, and which function gets it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class SourceKind(StrEnum):
    """What a mapping reads from."""

    SQS = "sqs"
    KINESIS = "kinesis"
    DYNAMODB = "dynamodb"
    MSK = "msk"
    SELF_MANAGED_KAFKA = "self-managed-kafka"
    MQ = "mq"
    DOCUMENTDB = "documentdb"


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceAccess:
    """One of the credentials or places by which a source is reached."""

    type: str
    """AWS's `SourceAccessType`, or that of a schema registry."""
    uri: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedPollers:
    """How many pollers are kept for a mapping alone."""

    minimum: int
    maximum: int
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaRegistry:
    """Where the schemas of Kafka's records are, and what is done with them."""

    uri: str
    event_record_format: str
    access: tuple[SourceAccess, ...] = ()
    validated: tuple[str, ...] = ()
    """KEY, VALUE or both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KafkaSource:
    """What only Kafka has."""

    consumer_group_id: str
    schema_registry: SchemaRegistry | None = None
    consumption_mode: str = ""
    """`Stream` or `Queue`, empty where it was not chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentDbSource:
    """What only DocumentDB has."""

    database: str
    collection: str = ""
    """Empty for all of them."""
    full_document: str = "Default"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceMapping:
    """A mapping as it is stored. None stands for a setting that its kind of source does not show unless it was given."""

    uuid: str
    kind: SourceKind
    function_arn: str
    """With the qualifier as it was given, which may be none."""
    last_modified_ms: int
    enabled: bool = True
    """As it was asked for; nothing is polled yet, whichever it is."""
    event_source_arn: str = ""
    """Empty for a self-managed Kafka cluster."""
    bootstrap_servers: tuple[str, ...] = ()
    """Of a self-managed Kafka cluster."""
    tags: Mapping[str, str] = field(default_factory=dict)
    batch_size: int
    batching_window_seconds: int | None = None
    """None: half a second, which cannot be asked for."""
    filter_patterns: tuple[str, ...] = ()
    kms_key_arn: str = ""
    metrics: tuple[str, ...] = ()
    log_level: str = ""
    response_types: tuple[str, ...] | None = None
    maximum_concurrency: int | None = None
    pollers: ProvisionedPollers | None = None
    starting_position: str = ""
    starting_position_ms: int | None = None
    on_failure: str | None = None
    """Where records go that were given up; empty for nowhere."""
    maximum_record_age_seconds: int | None = None
    maximum_retry_attempts: int | None = None
    bisect_batch_on_function_error: bool | None = None
    parallelization_factor: int | None = None
    tumbling_window_seconds: int | None = None
    topics: tuple[str, ...] = ()
    queues: tuple[str, ...] = ()
    access: tuple[SourceAccess, ...] = ()
    kafka: KafkaSource | None = None
    document_db: DocumentDbSource | None = None
