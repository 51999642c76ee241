"""The port of durable logs. The edge writes, control reads; `tests/state/log_events_conformance.py` holds every adapter to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from lambent.model.logs import LogLine, LogStreamKey


class LogStoreUnavailable(Exception):
    """The store can't be written or read now (no room, locked, damaged); the text says why. Nothing of the call was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogGroup:
    """A log group as DescribeLogGroups shows it."""

    name: str
    created_ms: int
    stored_bytes: int
    """As AWS counts: the messages in UTF-8 and 26 bytes for each event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogStream:
    """A log stream as DescribeLogStreams shows it."""

    name: str
    created_ms: int
    first_event_ms: int | None
    """None when the size cap has taken all its events."""
    last_event_ms: int
    last_ingestion_ms: int
    stored_bytes: int


class LogEvent(NamedTuple):
    """A stored event. `position` orders events within their stream and is unique in the store."""

    stream: str
    epoch_ms: int
    ingested_ms: int
    message: str
    """With its newline, if it was written with one; what isn't UTF-8 is replaced by U+FFFD."""
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """How much of what is to be read: at least one event, then until either bound is met."""

    limit: int
    max_bytes: int
    """Of messages in UTF-8."""
    start_ms: int | None = None
    """Inclusive."""
    end_ms: int | None = None
    """Exclusive."""


class LogWriter(Protocol):
    """The writing side; blocking, called from the log writer's own thread."""

    def append(self, batch: Sequence[tuple[LogStreamKey, Sequence[LogLine]]]) -> None:
        """Store a batch in one transaction, making groups and streams as needed, and keep the size cap.

        The oldest events go first; groups and streams stay. Raises LogStoreUnavailable.
        """
        ...

    def clear(self) -> None:
        """Remove every group with all that it holds, in one transaction; no position is given a second time.

        Raises LogStoreUnavailable.
        """
        ...

    def close(self) -> None:
        """Let go of the store."""
        ...


class LogReader(Protocol):
    """The reading side; blocking, called from a thread pool. Before the first write there is simply nothing.

    Every list is in its AWS order. Every call raises LogStoreUnavailable.
    """

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
        after: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[LogStream]:
        """Streams of a group by name or by (last event, name), after a stream's (last event, name)."""
        ...

    def stream_exists(self, key: LogStreamKey) -> bool:
        """Whether there is such a stream."""
        ...

    def events(
        self, *, key: LogStreamKey, page: EventPage, after: int | None, before: int | None
    ) -> Sequence[LogEvent]:
        """Events of one stream in order: the first ones after position `after`; else the last ones, before `before` if given."""
        ...

    def scan(
        self,
        *,
        account_id: str,
        region: str,
        group: str,
        streams: Sequence[str] | None,
        prefix: str,
        page: EventPage,
        after: tuple[int, int] | None,
        descending: bool,
    ) -> Sequence[LogEvent]:
        """Events of many streams of a group by (time, position), after the pair `after` in that direction.

        `streams` names the streams, None takes all whose name begins with `prefix`. An empty list: there are no more.
        """
        ...
