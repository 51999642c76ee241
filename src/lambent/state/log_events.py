"""The port of durable logs. The edge writes, control reads; `tests/state/log_events_conformance.py` holds every adapter to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lambent.model.logs import LogLine, LogStreamKey


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """A log group as DescribeLogGroups shows it."""

    name: str
    created_ms: int
    stored_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStream:
    """A log stream as DescribeLogStreams shows it."""

    name: str
    created_ms: int
    first_event_ms: int | None
    last_event_ms: int | None
    last_ingestion_ms: int | None
    stored_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEvent:
    """A stored line. `position` orders events within their stream and makes their `eventId`."""

    stream: str
    epoch_ms: int
    ingested_ms: int
    message: str
    position: int


class LogWriter(Protocol):
    """The writing side; blocking, called from the log writer's own thread."""

    def append(self, batch: Sequence[tuple[LogStreamKey, Sequence[LogLine]]]) -> None:
        """Store a batch in one transaction, making groups and streams as needed, and keep the size cap."""
        ...


class LogReader(Protocol):
    """The reading side; blocking, called from a thread pool. Every list is in its AWS order."""

    def groups(
        self, *, account_id: str, region: str, prefix: str, pattern: str, after: str, limit: int
    ) -> Sequence[LogGroup]:
        """Groups by name, after `after`; `pattern` is a substring."""
        ...

    def group_exists(self, *, account_id: str, region: str, group: str) -> bool:
        """Whether there is such a group."""
        ...

    def streams(
        self,
        *,
        account_id: str,
        region: str,
        group: str,
        prefix: str,
        by_last_event: bool,
        descending: bool,
        after: str,
        limit: int,
    ) -> Sequence[LogStream]:
        """Streams of a group by name or by last event."""
        ...

    def stream_exists(self, key: LogStreamKey) -> bool:
        """Whether there is such a stream."""
        ...

    def events(
        self,
        *,
        key: LogStreamKey,
        start_ms: int | None,
        end_ms: int | None,
        after: int | None,
        before: int | None,
        limit: int,
    ) -> Sequence[LogEvent]:
        """Events of one stream in order: the first ones after position `after`, or the last ones before `before`.

        `start_ms` is inclusive, `end_ms` exclusive.
        """
        ...

    def scan(
        self,
        *,
        account_id: str,
        region: str,
        group: str,
        streams: Sequence[str] | None,
        prefix: str,
        start_ms: int | None,
        end_ms: int | None,
        after: tuple[int, int] | None,
        limit: int,
    ) -> Sequence[LogEvent]:
        """Events of many streams of a group in order of (time, position), after the pair `after`."""
        ...
