"""Which mappings AWS takes for the same, and refuses to make twice."""

from collections.abc import Iterable

from lambent.model.errors import ResourceConflict
from lambent.model.mapping import EventSourceMapping, SourceKind

_STREAMS = frozenset({SourceKind.KINESIS, SourceKind.DYNAMODB})


def demand_single(mapping: EventSourceMapping, others: Iterable[EventSourceMapping]) -> None:
    """Return when none of `others` joins the same source and function. Raises ResourceConflict with its UUID."""
    for other in others:
        if other.uuid != mapping.uuid and _identity(other) == _identity(mapping):
            raise ResourceConflict(
                f"{_described(mapping)} already exists."
                f" Please update or delete the existing mapping with UUID {other.uuid}"
            )


def _identity(mapping: EventSourceMapping) -> tuple[object, ...]:
    hosts = tuple(one.uri for one in mapping.access if one.type == "VIRTUAL_HOST")
    database = mapping.document_db
    return (
        mapping.event_source_arn or frozenset(mapping.bootstrap_servers),
        mapping.function_arn,
        mapping.topics,
        mapping.queues,
        hosts,
        database and (database.database, database.collection),
    )


def _described(mapping: EventSourceMapping) -> str:
    arn, function_arn = mapping.event_source_arn, mapping.function_arn
    name = function_arn.partition(":function:")[2]
    if mapping.kind is SourceKind.SQS:
        return f'An event source mapping with SQS arn (" {arn} ") and function (" {name} ")'
    if mapping.kind in _STREAMS:
        return f'The event source arn (" {arn} ") and function (" {name} ") provided mapping'
    source = arn or ",".join(mapping.bootstrap_servers)
    parts = [f'event source ("{source}")', f'function ("{function_arn}")']
    if mapping.topics:
        parts.append(f'topics ("{mapping.topics[0]}")')
    if mapping.queues:
        parts.append(f'queues ("{mapping.queues[0]}")')
    return f"An event source mapping with {', '.join(parts)}"
