"""The reading side of `logs.db`, from any process: a connection a call, so that a database made anew is simply seen."""

import heapq
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambent.model.logs import LogStreamKey
from lambent.state.log_events import EventPage, LogEvent, LogGroup, LogStoreUnavailable, LogStream
from lambent.state.sqlite import log_queries as queries
from lambent.state.sqlite.database import SchemaTooNew, open_reader
from lambent.state.sqlite.log_chunks import CHUNK_SPAN_MS, INDEX_BITS, events_of
from lambent.state.sqlite.log_store import log_migrations

_ALWAYS: Final = 1 << 62
_LAST_INDEX: Final = (1 << INDEX_BITS) - 1

_STREAMS: Final = {
    (False, False): queries.STREAMS_BY_NAME,
    (False, True): queries.STREAMS_BY_NAME_DESCENDING,
    (True, False): queries.STREAMS_BY_EVENT,
    (True, True): queries.STREAMS_BY_EVENT_DESCENDING,
}

_Row = tuple[int, str, int, int, int, bytes]
_Found = tuple[int, int, bytes, str, int]
"""Time, position, bytes, stream, ingestion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Window:
    start_ms: int
    end_ms: int

    def holds(self, epoch_ms: int) -> bool:
        return self.start_ms <= epoch_ms < self.end_ms


def _window(page: EventPage) -> _Window:
    start = 0 if page.start_ms is None else min(page.start_ms, _ALWAYS)
    end = _ALWAYS if page.end_ms is None else min(page.end_ms, _ALWAYS)
    return _Window(start_ms=start, end_ms=end)


class SqliteLogReader:
    """Reads a `logs.db` that another process may be writing, or has not made yet."""

    def __init__(self, *, path: Path) -> None:
        self._path = path
        self._newest_schema = len(log_migrations())

    def groups(
        self, *, account_id: str, region: str, prefix: str, pattern: str, after: str, limit: int
    ) -> Sequence[LogGroup]:
        """Groups by name, after `after`; `pattern` is a substring."""
        values = {
            "account_id": account_id,
            "region": region,
            "prefix": prefix,
            "pattern": pattern,
            "after": after,
            "limit": limit,
        }
        with self._reading() as connection:
            rows = connection.execute(queries.GROUPS, values).fetchall() if connection else []
        return [LogGroup(name=n, created_ms=c, stored_bytes=s) for n, c, s in rows]

    def group_exists(self, *, account_id: str, region: str, group: str) -> bool:
        """Whether there is such a group."""
        with self._reading() as connection:
            return _group_id(connection, account_id, region, group) is not None

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
        """Streams of a group by name or by (last event, name)."""
        after_ms, after_name = after or (None, None)
        values = {
            "prefix": prefix,
            "after_ms": after_ms,
            "after_name": after_name,
            "limit": limit,
        }
        with self._reading() as connection:
            group_id = _group_id(connection, account_id, region, group)
            if connection is None or group_id is None:
                return []
            statement = _STREAMS[by_last_event, descending]
            rows = connection.execute(statement, {**values, "group_id": group_id}).fetchall()
        return [
            LogStream(
                name=name,
                created_ms=created,
                first_event_ms=first,
                last_event_ms=last,
                last_ingestion_ms=ingested,
                stored_bytes=stored,
            )
            for name, created, first, last, ingested, stored in rows
        ]

    def stream_exists(self, key: LogStreamKey) -> bool:
        """Whether there is such a stream."""
        with self._reading() as connection:
            return _stream_id(connection, key) is not None

    def events(
        self, *, key: LogStreamKey, page: EventPage, after: int | None, before: int | None
    ) -> Sequence[LogEvent]:
        """Events of one stream in order, from one end or the other."""
        window = _window(page)
        with self._reading() as connection:
            stream_id = _stream_id(connection, key)
            if connection is None or stream_id is None:
                return []
            values = {"stream_id": stream_id, "start": window.start_ms, "end": window.end_ms}
            if after is not None:
                rows = connection.execute(
                    queries.CHUNKS_FORWARD, {**values, "from_id": after >> INDEX_BITS}
                )
                found = (e for row in rows for e in _events(row, window) if e[1] > after)
                return _take(found, page)
            edge = _ALWAYS if before is None else before
            rows = connection.execute(
                queries.CHUNKS_BACKWARD, {**values, "from_id": edge >> INDEX_BITS}
            )
            latest = (e for row in rows for e in reversed(_events(row, window)) if e[1] < edge)
            return _take(latest, page)[::-1]

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
        """Events of many streams of a group by (time, position)."""
        window = _window(page)
        with self._reading() as connection:
            group_id = _group_id(connection, account_id, region, group)
            if connection is None or group_id is None:
                return []
            ids = _chosen(connection, group_id, streams, prefix)
            if descending:
                end = window.end_ms if after is None else min(window.end_ms, after[0] + 1)
                bounds = {"start": window.start_ms, "end": end, "reach": end + CHUNK_SPAN_MS}
                rows = connection.execute(
                    queries.CHUNKS_NEWEST_FIRST, {"group_id": group_id, "ids": ids, **bounds}
                )
                merged = _newest_first(rows, window, after)
            else:
                start = window.start_ms if after is None else max(window.start_ms, after[0])
                bounds = {"start": start, "end": window.end_ms, "reach": start - CHUNK_SPAN_MS}
                rows = connection.execute(
                    queries.CHUNKS_OLDEST_FIRST, {"group_id": group_id, "ids": ids, **bounds}
                )
                merged = _oldest_first(rows, window, after)
            return _take(merged, page)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        """A connection for one call; None while there is no database or no schema in it."""
        if not self._path.exists():
            yield None
            return
        connection: sqlite3.Connection | None = None
        try:
            connection = open_reader(self._path)
            (schema,) = connection.execute("PRAGMA user_version").fetchone()
            if schema > self._newest_schema:
                raise SchemaTooNew(f"{self._path} was written by a newer lambent: use that one")
            yield connection if schema else None
        except (sqlite3.Error, ValueError) as error:
            raise LogStoreUnavailable(f"{self._path}: {error}") from error
        finally:
            if connection is not None:
                connection.close()


def _group_id(
    connection: sqlite3.Connection | None, account_id: str, region: str, group: str
) -> int | None:
    if connection is None:
        return None
    values = {"account_id": account_id, "region": region, "group": group}
    return _first(connection.execute(queries.FIND_GROUP, values))


def _stream_id(connection: sqlite3.Connection | None, key: LogStreamKey) -> int | None:
    group_id = _group_id(connection, key.account_id, key.region, key.group)
    if connection is None or group_id is None:
        return None
    return _first(
        connection.execute(queries.FIND_STREAM, {"group_id": group_id, "name": key.stream})
    )


def _first(rows: sqlite3.Cursor) -> int | None:
    row = rows.fetchone()
    return None if row is None else int(row[0])


def _chosen(
    connection: sqlite3.Connection, group_id: int, streams: Sequence[str] | None, prefix: str
) -> str | None:
    """The ids of the streams asked for as a JSON list; None for all of the group."""
    if streams is None and not prefix:
        return None
    names = None if streams is None else json.dumps(list(streams))
    values: dict[str, Any] = {"group_id": group_id, "prefix": prefix, "names": names}
    return json.dumps([row[0] for row in connection.execute(queries.STREAM_IDS, values)])


def _events(row: _Row, window: _Window) -> list[_Found]:
    chunk_id, stream, first_ms, _last_ms, ingested_ms, lines = row
    at = chunk_id << INDEX_BITS
    return [
        (when, at + index, message, stream, ingested_ms)
        for index, (when, message) in enumerate(events_of(lines, first_ms))
        if window.holds(when)
    ]


def _oldest_first(
    rows: Iterable[_Row], window: _Window, after: tuple[int, int] | None
) -> Iterator[_Found]:
    """Merge chunks that come by their first event: an event is next once no later chunk can hold an earlier one."""
    waiting: list[_Found] = []
    for row in rows:
        earliest = (row[2], row[0] << INDEX_BITS)
        while waiting and waiting[0][:2] < earliest:
            yield heapq.heappop(waiting)
        for event in _events(row, window):
            if after is None or event[:2] > after:
                heapq.heappush(waiting, event)
    while waiting:
        yield heapq.heappop(waiting)


def _newest_first(
    rows: Iterable[_Row], window: _Window, after: tuple[int, int] | None
) -> Iterator[_Found]:
    """The mirror image: chunks come by their last event."""
    waiting: list[tuple[int, int, _Found]] = []
    for row in rows:
        latest = (-row[3], -(row[0] << INDEX_BITS | _LAST_INDEX))
        while waiting and waiting[0][:2] < latest:
            yield heapq.heappop(waiting)[2]
        for event in _events(row, window):
            if after is None or event[:2] < after:
                heapq.heappush(waiting, (-event[0], -event[1], event))
    while waiting:
        yield heapq.heappop(waiting)[2]


def _take(found: Iterable[_Found], page: EventPage) -> list[LogEvent]:
    events: list[LogEvent] = []
    size = 0
    for when, position, message, stream, ingested_ms in found:
        size += len(message)
        if events and size > page.max_bytes:
            break
        text = message.decode("utf-8", "replace")
        events.append(LogEvent(stream, when, ingested_ms, text, position))
        if len(events) >= page.limit:
            break
    return events
