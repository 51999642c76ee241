"""What must hold of an event source mapping as a whole, whether it is made or changed; in the words of its kind of source."""

from collections.abc import Callable, Sequence
from typing import Final

from lambent.model.errors import InvalidParameterValue
from lambent.model.mapping import EventSourceMapping, SourceKind
from lambent.services.lambda_ import mapping_sources
from lambent.services.lambda_.mapping_access import demand_access
from lambent.services.lambda_.mapping_sources import Source

_MOST_WITHOUT_WINDOW: Final = 10
_LEAST_RECORD_AGE: Final = 60
_MOST_MINIMUM_POLLERS: Final = 200
_KAFKA: Final = frozenset({SourceKind.MSK, SourceKind.SELF_MANAGED_KAFKA})
_DESTINATIONS: Final = frozenset({"sqs", "sns", "s3"})


def demand_valid(mapping: EventSourceMapping) -> None:
    """Return when `mapping` can be. Raises InvalidParameterValue."""
    source = mapping_sources.of_kind(mapping.kind)
    for rule in _RULES:
        rule(mapping, source)


def demand_position(mapping: EventSourceMapping, *, now_ms: int) -> None:
    """Return when a new mapping can begin where it says. Raises InvalidParameterValue."""
    position, at_ms = mapping.starting_position, mapping.starting_position_ms
    source = mapping_sources.of_kind(mapping.kind)
    if not position and source.needs_position:
        raise InvalidParameterValue(
            "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null."
        )
    if not position and mapping.kind in _KAFKA and not _is_queue(mapping):
        raise _missing("startingPosition")
    if at_ms is not None and position != "AT_TIMESTAMP":
        raise InvalidParameterValue("Timestamp only valid with StartingPosition AT_TIMESTAMP")
    if position == "AT_TIMESTAMP":
        _demand_instant(mapping, now_ms=now_ms)


def _demand_instant(mapping: EventSourceMapping, *, now_ms: int) -> None:
    if mapping.kind is SourceKind.DYNAMODB:
        raise InvalidParameterValue(
            f"Unsupported starting position for arn type: {mapping.event_source_arn}"
        )
    if mapping.starting_position_ms is None:
        raise InvalidParameterValue("Need to specify a timestamp")
    if mapping.starting_position_ms < 0:
        raise InvalidParameterValue(
            "Received Exception while reading from provided stream. class java.lang.Long can not be converted to a Timestamp"
        )
    if mapping.starting_position_ms > now_ms:
        raise InvalidParameterValue("StartingPositionTimestamp cannot be in the future.")


def _presence(mapping: EventSourceMapping, _source: Source) -> None:
    if mapping.kind in _KAFKA and not mapping.topics:
        raise _missing("topics")
    if mapping.kind is SourceKind.MQ and not mapping.queues:
        raise _missing("queues")
    if mapping.kind is SourceKind.SELF_MANAGED_KAFKA and not mapping.bootstrap_servers:
        raise _missing("selfManagedEventSource.endpoints")
    if mapping.kind is SourceKind.DOCUMENTDB and (
        mapping.document_db is None or not mapping.document_db.database
    ):
        raise InvalidParameterValue("Invalid parameters: databaseName")


def _access(mapping: EventSourceMapping, source: Source) -> None:
    demand_access(mapping, allowed=source.access_types)


def _batch(mapping: EventSourceMapping, _source: Source) -> None:
    if mapping.kind is not SourceKind.SQS:
        return
    window = mapping.batching_window_seconds or 0
    if mapping.batch_size > _MOST_WITHOUT_WINDOW and window == 0:
        raise InvalidParameterValue(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )
    # A batch of more than ten from such a queue is thus refused in any case, as recorded.
    if window > 0 and mapping.event_source_arn.endswith(".fifo"):
        raise InvalidParameterValue("Batching window is not supported for FIFO queues")


def _record_age(mapping: EventSourceMapping, _source: Source) -> None:
    age = mapping.maximum_record_age_seconds
    if age is not None and -1 < age < _LEAST_RECORD_AGE:
        raise InvalidParameterValue(
            "MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)"
        )


def _destination(mapping: EventSourceMapping, _source: Source) -> None:
    destination = mapping.on_failure
    if not destination or (destination.startswith("kafka://") and mapping.kind in _KAFKA):
        return
    service = destination.split(":")[2] if destination.startswith("arn:") else ""
    if service not in _DESTINATIONS:
        raise InvalidParameterValue(
            "The service specified by the TargetArn isn't supported as a destination."
        )
    if destination.endswith(".fifo") and service != "s3":
        what = {"sqs": "Amazon SQS queues", "sns": "Amazon SNS topics"}[service]
        raise InvalidParameterValue(f"FIFO-type {what} aren't supported as a destination.")


def _pollers(mapping: EventSourceMapping, source: Source) -> None:
    pollers = mapping.pollers
    if pollers is None:
        return
    is_queue = mapping.kind is SourceKind.SQS
    if is_queue and pollers.group:
        raise InvalidParameterValue("Invalid parameter: pollerGroupName")
    least, most = source.least_pollers, source.most_pollers
    if pollers.maximum < least or not least <= pollers.minimum <= _MOST_MINIMUM_POLLERS:
        raise _poller_range(least, most)
    if pollers.minimum > pollers.maximum:
        raise InvalidParameterValue("MinimumPollers must be less than or equal to MaximumPollers.")
    if pollers.maximum > most:
        raise _poller_range(least, most)
    if mapping.maximum_concurrency is not None:
        raise InvalidParameterValue(
            "Provisioned mode for SQS ESM does not support maximum concurrency feature."
            " Use MaximumPollers as the control mechanism and remove maximum concurrency."
        )


def _poller_range(least: int, most: int) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"MinimumPollers should be between [{least}, {_MOST_MINIMUM_POLLERS}]"
        f" and MaximumPollers should be between [MinimumPollers, {most}]"
    )


def _metrics(mapping: EventSourceMapping, source: Source) -> None:
    if not set(mapping.metrics) <= set(source.metrics):
        raise InvalidParameterValue(
            f"Invalid EventSourceMapping metrics. Expected values: [{', '.join(source.metrics)}]"
        )


def _share_group(mapping: EventSourceMapping, _source: Source) -> None:
    """A Kafka queue has no order: no place to begin, no window, no endless retries."""
    if not _is_queue(mapping):
        return
    for field, value in (
        ("startingPosition", mapping.starting_position or None),
        ("startingPositionTimestamp", mapping.starting_position_ms),
        ("maximumBatchingWindowInSeconds", mapping.batching_window_seconds),
    ):
        if value is not None:
            raise InvalidParameterValue(
                f"Unsupported '{field}' parameter for given event source mapping type."
            )
    if mapping.maximum_retry_attempts == -1:
        raise InvalidParameterValue(
            "MaximumRetryAttempts -1 is not supported when ConsumptionMode is Queue."
        )


def _schema_registry(mapping: EventSourceMapping, _source: Source) -> None:
    registry = mapping.kafka.schema_registry if mapping.kafka else None
    if registry is None:
        return
    for field, value in (
        ("schemaRegistryURI", registry.uri),
        ("eventRecordFormat", registry.event_record_format),
        ("schemaValidationConfigs", registry.validated and all(registry.validated)),
        ("provisionedPollerConfig", mapping.pollers),
    ):
        if not value:
            raise _missing(field)


def _is_queue(mapping: EventSourceMapping) -> bool:
    return mapping.kafka is not None and mapping.kafka.consumption_mode == "Queue"


def _missing(field: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Required '{field}' parameter is missing.")


_RULES: Final[Sequence[Callable[[EventSourceMapping, Source], None]]] = (
    _presence,
    _access,
    _share_group,
    _batch,
    _record_age,
    _destination,
    _pollers,
    _metrics,
    _schema_registry,
)
