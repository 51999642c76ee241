"""The settings in the input of CreateEventSourceMapping and UpdateEventSourceMapping, as fields of a mapping."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue
from lambent.model.mapping import (
    DocumentDbSource,
    EventSourceMapping,
    KafkaSource,
    ProvisionedPollers,
    SchemaRegistry,
    SourceAccess,
)
from lambent.services.lambda_.mapping_filters import read_filters
from lambent.services.lambda_.mapping_sources import Source
from lambent.wire.constraints import lower_camel

KAFKA_CONFIGS: Final = ("AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig")
_MOST_POLLERS_UNLESS_GIVEN: Final = 200
_PLAIN: Final = {
    "EventSourceArn": "event_source_arn",
    "Enabled": "enabled",
    "BatchSize": "batch_size",
    "KMSKeyArn": "kms_key_arn",
    "MaximumBatchingWindowInSeconds": "batching_window_seconds",
    "ParallelizationFactor": "parallelization_factor",
    "StartingPosition": "starting_position",
    "MaximumRecordAgeInSeconds": "maximum_record_age_seconds",
    "BisectBatchOnFunctionError": "bisect_batch_on_function_error",
    "MaximumRetryAttempts": "maximum_retry_attempts",
    "TumblingWindowInSeconds": "tumbling_window_seconds",
}


def _access(configurations: Sequence[Mapping[str, Any] | None]) -> tuple[SourceAccess, ...]:
    given = [one or {} for one in configurations]
    return tuple(SourceAccess(type=g.get("Type") or "", uri=g.get("URI") or "") for g in given)


def _on_failure(config: Mapping[str, Any]) -> str:
    if (config.get("OnSuccess") or {}).get("Destination"):  # the model: not supported here
        raise InvalidParameterValue(
            "Unsupported DestinationConfig parameter for given event source mapping type."
        )
    destination: str = (config.get("OnFailure") or {}).get("Destination") or ""
    return destination


_READERS: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    "StartingPositionTimestamp": (
        "starting_position_ms",
        lambda instant: round(instant.timestamp() * 1000),
    ),
    "FilterCriteria": ("filter_patterns", read_filters),
    "MetricsConfig": ("metrics", lambda config: tuple(config.get("Metrics") or ())),
    "LoggingConfig": ("log_level", lambda config: config.get("SystemLogLevel") or ""),
    "ScalingConfig": ("maximum_concurrency", lambda config: config.get("MaximumConcurrency")),
    "DestinationConfig": ("on_failure", _on_failure),
    "FunctionResponseTypes": ("response_types", tuple),
    "Topics": ("topics", tuple),
    "Queues": ("queues", tuple),
    "SourceAccessConfigurations": ("access", _access),
    "SelfManagedEventSource": (
        "bootstrap_servers",
        lambda source: tuple((source.get("Endpoints") or {}).get("KAFKA_BOOTSTRAP_SERVERS") or ()),
    ),
}


def for_new(members: Mapping[str, Any], *, source: Source, uuid: str) -> dict[str, Any]:
    """The fields of a new mapping, the kind's defaults for what is left out. Raises InvalidParameterValue."""
    fields = {**source.defaults, **_common(members)}
    pollers = members.get("ProvisionedPollerConfig")
    if pollers is not None:
        if pollers.get("MinimumPollers") is None and pollers.get("MaximumPollers") is None:
            raise InvalidParameterValue(
                "Either MinimumPollers or MaximumPollers are required if ProvisionedPollerConfig is provided."
            )
        fields["pollers"] = _pollers(pollers, before=None, source=source)
    if "Topics" in source.takes:
        fields["kafka"] = _new_kafka(_kafka_config(members) or {}, uuid=uuid)
        if fields["kafka"].consumption_mode == "Queue":
            fields.setdefault("maximum_retry_attempts", 0)
    if members.get("DocumentDBEventSourceConfig") is not None:
        fields["document_db"] = _document_db(members["DocumentDBEventSourceConfig"], before=None)
    return fields


def for_change(
    members: Mapping[str, Any], *, before: EventSourceMapping, source: Source
) -> dict[str, Any]:
    """The fields that an update changes. Raises InvalidParameterValue, also for what cannot be changed."""
    fields = _common(members)
    pollers = members.get("ProvisionedPollerConfig")
    if pollers is not None:
        fields["pollers"] = _pollers(pollers, before=before.pollers, source=source)
    if before.kafka is not None:
        fields["kafka"] = _changed_kafka(members, before=before.kafka)
    if members.get("DocumentDBEventSourceConfig") is not None:
        config = members["DocumentDBEventSourceConfig"]
        fields["document_db"] = _document_db(config, before=before.document_db)
    if "access" in fields:
        if any(one.type == "VIRTUAL_HOST" for one in fields["access"]):
            raise InvalidParameterValue("VIRTUAL_HOST cannot be changed after creation.")
        kept = tuple(one for one in before.access if one.type == "VIRTUAL_HOST")
        fields["access"] = (*fields["access"], *kept)
    return fields


def _common(members: Mapping[str, Any]) -> dict[str, Any]:
    fields = {
        field: members[member]
        for member, field in _PLAIN.items()
        if members.get(member) is not None
    }
    for member, (field, read) in _READERS.items():
        if members.get(member) is not None:
            fields[field] = read(members[member])
    return fields


def _pollers(
    config: Mapping[str, Any], *, before: ProvisionedPollers | None, source: Source
) -> ProvisionedPollers | None:
    """What is given, the rest as it was or as AWS has it; None for an empty one, which ends the provisioned mode."""
    given = {
        field: config[member]
        for member, field in (
            ("MinimumPollers", "minimum"),
            ("MaximumPollers", "maximum"),
            ("PollerGroupName", "group"),
        )
        if config.get(member) is not None
    }
    if not given:
        return None
    if before is None:
        before = ProvisionedPollers(
            minimum=source.least_pollers, maximum=_MOST_POLLERS_UNLESS_GIVEN
        )
    return replace(before, **given)


def _kafka_config(members: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The own configuration of either kind of Kafka; a source takes only its own."""
    given = (members.get(name) for name in KAFKA_CONFIGS)
    return next((config for config in given if config is not None), None)


def _new_kafka(config: Mapping[str, Any], *, uuid: str) -> KafkaSource:
    return KafkaSource(
        consumer_group_id=config.get("ConsumerGroupId") or uuid,
        schema_registry=_schema_registry(config.get("SchemaRegistryConfig")),
        consumption_mode=config.get("ConsumptionMode") or "",
    )


def _changed_kafka(members: Mapping[str, Any], *, before: KafkaSource) -> KafkaSource:
    config = _kafka_config(members)
    if config is None:
        return before
    block = next(lower_camel(name) for name in KAFKA_CONFIGS if members.get(name) is not None)
    for member in ("ConsumerGroupId", "ConsumptionMode"):
        if config.get(member) is not None:  # measured: refused even when it is the same
            raise InvalidParameterValue(
                f"Unsupported '{block}.{lower_camel(member)}' parameter for given event source mapping type."
            )
    registry = config.get("SchemaRegistryConfig")
    if registry is None:
        return before
    return replace(before, schema_registry=_schema_registry(registry))


def _schema_registry(config: Mapping[str, Any] | None) -> SchemaRegistry | None:
    """None for an empty one too, which is how an update removes it."""
    if not config:
        return None
    validated = [one or {} for one in config.get("SchemaValidationConfigs") or ()]
    return SchemaRegistry(
        uri=config.get("SchemaRegistryURI") or "",
        event_record_format=config.get("EventRecordFormat") or "",
        access=_access(config.get("AccessConfigs") or ()),
        validated=tuple(one.get("Attribute") or "" for one in validated),
    )


def _document_db(config: Mapping[str, Any], *, before: DocumentDbSource | None) -> DocumentDbSource:
    given = {
        field: config[member]
        for member, field in (
            ("DatabaseName", "database"),
            ("CollectionName", "collection"),
            ("FullDocument", "full_document"),
        )
        if config.get(member) is not None
    }
    return replace(before or DocumentDbSource(database=""), **given)
