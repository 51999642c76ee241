"""What becomes of the input of the operations on event source mappings: they are kept and shown, and nothing is polled yet."""

from collections.abc import Mapping
from typing import Final

from lambent.services.effects import Effects

_NOT_POLLED: Final = "Event sources are not polled yet: it is stored and shown."
_SETTINGS: Final[Mapping[str, str]] = {
    "Enabled": "Event sources are not polled yet: the mapping stays Disabled and says so.",
    "KMSKeyArn": "There is no KMS here: filters are stored in plain, and only left out of lists.",
} | dict.fromkeys(
    (
        "AmazonManagedKafkaEventSourceConfig",
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "DocumentDBEventSourceConfig",
        "FilterCriteria",
        "FunctionResponseTypes",
        "LoggingConfig",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "MetricsConfig",
        "ParallelizationFactor",
        "ProvisionedPollerConfig",
        "Queues",
        "ScalingConfig",
        "SelfManagedEventSource",
        "SelfManagedKafkaEventSourceConfig",
        "SourceAccessConfigurations",
        "StartingPosition",
        "StartingPositionTimestamp",
        "Topics",
        "TumblingWindowInSeconds",
    ),
    _NOT_POLLED,
)

MAPPING_EFFECTS: Final[Mapping[str, Effects]] = {
    "CreateEventSourceMapping": Effects(
        effective=frozenset({"EventSourceArn", "FunctionName", "Tags"}), without_effect=_SETTINGS
    ),
    "GetEventSourceMapping": Effects(effective=frozenset({"UUID"})),
    "ListEventSourceMappings": Effects(
        effective=frozenset({"EventSourceArn", "FunctionName", "Marker", "MaxItems"})
    ),
    "UpdateEventSourceMapping": Effects(
        effective=frozenset({"UUID", "FunctionName"}), without_effect=_SETTINGS
    ),
    "DeleteEventSourceMapping": Effects(effective=frozenset({"UUID"})),
}
"""By operation."""
