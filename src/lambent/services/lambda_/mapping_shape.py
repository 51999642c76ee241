"""Event source mappings as AWS's answers show them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

from lambent.model.arn import event_source_mapping_arn
from lambent.model.mapping import (
    EventSourceMapping,
    KafkaSource,
    SchemaRegistry,
    SourceAccess,
    SourceKind,
)
from lambent.model.request import RequestContext
from lambent.services.lambda_ import mapping_sources

NOT_POLLED: Final = "lambent does not poll event sources yet"
"""`StateTransitionReason` of a mapping that its user wants to be enabled."""


class State(StrEnum):
    """AWS's `State`, as far as it can be true here: what nobody polls is never Enabled."""

    CREATING = "Creating"
    UPDATING = "Updating"
    DELETING = "Deleting"
    DISABLED = "Disabled"


def listed(context: RequestContext, mapping: EventSourceMapping) -> dict[str, Any]:
    """A mapping as lists have it: filters that are to be encrypted are not shown there."""
    whole = shown(context, mapping)
    if mapping.kms_key_arn:
        whole.pop("FilterCriteria", None)
    return whole


def shown(
    context: RequestContext, mapping: EventSourceMapping, *, state: State = State.DISABLED
) -> dict[str, Any]:
    """A whole EventSourceMappingConfiguration; another `state` than Disabled is what its change is called."""
    source = mapping_sources.of_kind(mapping.kind)
    not_polled = state is State.DISABLED and mapping.enabled
    members: dict[str, Any] = {
        "UUID": mapping.uuid,
        "EventSourceMappingArn": event_source_mapping_arn(
            region=context.region, account_id=context.account_id, uuid=mapping.uuid
        ),
        "EventSourceArn": mapping.event_source_arn or None,
        "FunctionArn": mapping.function_arn,
        "LastModified": mapping.last_modified_ms / 1000,
        "State": str(state),
        "StateTransitionReason": NOT_POLLED if not_polled else source.reason,
        "LastProcessingResult": "No records processed" if source.has_result else None,
        **_batches(mapping),
        **_stream(mapping),
        **_operation(mapping),
        **_broker(mapping),
    }
    return {name: value for name, value in members.items() if value is not None}


def _batches(mapping: EventSourceMapping) -> dict[str, Any]:
    """How records are chosen and put together."""
    filters = [{"Pattern": pattern} for pattern in mapping.filter_patterns]
    response_types = mapping.response_types
    return {
        "BatchSize": mapping.batch_size,
        "MaximumBatchingWindowInSeconds": mapping.batching_window_seconds,
        "FilterCriteria": {"Filters": filters} if filters else None,
        "KMSKeyArn": mapping.kms_key_arn or None,
        "FunctionResponseTypes": None if response_types is None else list(response_types),
    }


def _stream(mapping: EventSourceMapping) -> dict[str, Any]:
    """Where reading begins, and what becomes of records that fail."""
    at_ms, destination = mapping.starting_position_ms, mapping.on_failure
    on_failure = {"Destination": destination} if destination else {}
    return {
        "StartingPosition": mapping.starting_position or None,
        "StartingPositionTimestamp": None if at_ms is None else at_ms / 1000,
        "DestinationConfig": None if destination is None else {"OnFailure": on_failure},
        "MaximumRecordAgeInSeconds": mapping.maximum_record_age_seconds,
        "MaximumRetryAttempts": mapping.maximum_retry_attempts,
        "BisectBatchOnFunctionError": mapping.bisect_batch_on_function_error,
        "ParallelizationFactor": mapping.parallelization_factor,
        "TumblingWindowInSeconds": mapping.tumbling_window_seconds,
    }


def _operation(mapping: EventSourceMapping) -> dict[str, Any]:
    """How it is scaled and watched."""
    concurrency, pollers = mapping.maximum_concurrency, mapping.pollers
    members: dict[str, Any] = {
        "MetricsConfig": {"Metrics": list(mapping.metrics)} if mapping.metrics else None,
        "LoggingConfig": {"SystemLogLevel": mapping.log_level} if mapping.log_level else None,
        "ScalingConfig": None if concurrency is None else {"MaximumConcurrency": concurrency},
    }
    if pollers is not None:
        members["ProvisionedPollerConfig"] = {
            "MinimumPollers": pollers.minimum,
            "MaximumPollers": pollers.maximum,
            **({"PollerGroupName": pollers.group} if pollers.group else {}),
        }
    return members


def _broker(mapping: EventSourceMapping) -> dict[str, Any]:
    """What Kafka, MQ and DocumentDB have of their own."""
    members: dict[str, Any] = {
        "Topics": list(mapping.topics) or None,
        "Queues": list(mapping.queues) or None,
        "SourceAccessConfigurations": _accesses(mapping.access) or None,
    }
    if mapping.bootstrap_servers:
        endpoints = {"KAFKA_BOOTSTRAP_SERVERS": list(mapping.bootstrap_servers)}
        members["SelfManagedEventSource"] = {"Endpoints": endpoints}
    if mapping.kafka is not None:
        managed = mapping.kind is SourceKind.MSK
        name = (
            "AmazonManagedKafkaEventSourceConfig"
            if managed
            else "SelfManagedKafkaEventSourceConfig"
        )
        members[name] = _kafka(mapping.kafka)
    if mapping.document_db is not None:
        members["DocumentDBEventSourceConfig"] = _given(
            {
                "DatabaseName": mapping.document_db.database,
                "CollectionName": mapping.document_db.collection,
                "FullDocument": mapping.document_db.full_document,
            }
        )
    return members


def _kafka(kafka: KafkaSource) -> dict[str, Any]:
    registry = kafka.schema_registry
    return _given(
        {
            "ConsumerGroupId": kafka.consumer_group_id,
            "SchemaRegistryConfig": None if registry is None else _registry(registry),
            "ConsumptionMode": kafka.consumption_mode,
        }
    )


def _registry(registry: SchemaRegistry) -> dict[str, Any]:
    return _given(
        {
            "SchemaRegistryURI": registry.uri,
            "EventRecordFormat": registry.event_record_format,
            "AccessConfigs": _accesses(registry.access),
            "SchemaValidationConfigs": [{"Attribute": one} for one in registry.validated],
        }
    )


def _accesses(accesses: Sequence[SourceAccess]) -> list[dict[str, Any]]:
    return [_given({"Type": one.type, "URI": one.uri}) for one in accesses]


def _given(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}
