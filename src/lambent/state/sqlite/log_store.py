"""The writing side of `logs.db`: groups, streams and chunks of lines, under one size cap."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final

from lambent.kit.clock import Clock
from lambent.model.logs import LogLine, LogStreamKey
from lambent.state.log_events import LogStoreUnavailable
from lambent.state.sqlite.database import open_writer
from lambent.state.sqlite.log_chunks import Chunk, chunks

DEFAULT_CAP_BYTES: Final = 1 << 30
_MOST_CACHED: Final = 10_000
_WAL_BYTES: Final = 32 << 20

_ADD_GROUP: Final = """
INSERT INTO log_group (account_id, region, name, created_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (account_id, region, name) DO NOTHING"""
_FIND_GROUP: Final = "SELECT id FROM log_group WHERE account_id = ? AND region = ? AND name = ?"
_ADD_STREAM: Final = """
INSERT INTO log_stream (group_id, name, created_ms, last_event_ms, last_ingestion_ms)
VALUES (?, ?, ?, ?, ?) ON CONFLICT (group_id, name) DO NOTHING"""
_FIND_STREAM: Final = "SELECT id FROM log_stream WHERE group_id = ? AND name = ?"
_ADD_CHUNK: Final = """
INSERT INTO log_chunk (group_id, stream_id, first_ms, last_ms, ingested_ms, stored_bytes, lines)
VALUES (?, ?, ?, ?, ?, ?, ?)"""
_COUNT_STREAM: Final = """
UPDATE log_stream
   SET first_event_ms = coalesce(first_event_ms, :first), last_event_ms = max(last_event_ms, :last),
       last_ingestion_ms = :now, stored_bytes = stored_bytes + :bytes
 WHERE id = :id"""
_COUNT_GROUP: Final = "UPDATE log_group SET stored_bytes = stored_bytes + ? WHERE id = ?"
_TAKE_OLDEST: Final = """
DELETE FROM log_chunk WHERE id IN (SELECT id FROM log_chunk ORDER BY id LIMIT 32)
RETURNING group_id, stream_id, stored_bytes"""
_CLEAR: Final = ("DELETE FROM log_chunk", "DELETE FROM log_stream", "DELETE FROM log_group")
_UNCOUNT_STREAM: Final = """
UPDATE log_stream
   SET stored_bytes = stored_bytes - :bytes,
       first_event_ms = (SELECT first_ms FROM log_chunk WHERE stream_id = :id ORDER BY id LIMIT 1)
 WHERE id = :id"""


def log_migrations() -> Sequence[str]:
    """The schema of `logs.db`, step by step."""
    folder = files("lambent.state").joinpath("migrations", "logs")
    scripts = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [script.read_text(encoding="utf-8") for script in scripts]


class SqliteLogWriter:
    """The one writer of a `logs.db`; used by one thread at a time."""

    def __init__(self, *, path: Path, clock: Clock, cap_bytes: int = DEFAULT_CAP_BYTES) -> None:
        """Open or make the database. Raises SchemaTooNew, LogStoreUnavailable."""
        self._clock, self._cap_bytes = clock, cap_bytes
        self._ids: dict[LogStreamKey, tuple[int, int]] = {}
        try:
            self._connection = open_writer(path, log_migrations())
            # A backlog written in one go must not leave its size behind in the write-ahead log.
            self._connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES}")
            (self._page_bytes,) = self._connection.execute("PRAGMA page_size").fetchone()
        except sqlite3.Error as error:
            raise LogStoreUnavailable(f"{path}: {error}") from error

    def append(self, batch: Sequence[tuple[LogStreamKey, Sequence[LogLine]]]) -> None:
        """Store a batch in one transaction and keep the size cap. Raises LogStoreUnavailable."""
        with self._transaction():
            now = self._clock.epoch_ms()
            for key, lines in batch:
                self._store(key, lines, now)
            self._keep_cap()

    def clear(self) -> None:
        """Remove everything in one transaction. Raises LogStoreUnavailable."""
        with self._transaction():
            self._ids.clear()
            for statement in _CLEAR:
                self._connection.execute(statement)

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        stored = False
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            yield
            self._connection.execute("COMMIT")
            stored = True
        except sqlite3.Error as error:
            raise LogStoreUnavailable(str(error)) from error
        finally:
            if not stored:
                self._undo()

    def _undo(self) -> None:
        self._ids.clear()  # some of these rows may never have come to be
        if self._connection.in_transaction:
            self._connection.rollback()

    def _store(self, key: LogStreamKey, lines: Sequence[LogLine], now_ms: int) -> None:
        packed = list(chunks(lines))
        if not packed:
            return
        group_id, stream_id = self._ids_of(key, packed, now_ms)
        execute = self._connection.execute
        for c in packed:
            row = (group_id, stream_id, c.first_ms, c.last_ms, now_ms, c.stored_bytes, c.lines)
            execute(_ADD_CHUNK, row)
        added = sum(c.stored_bytes for c in packed)
        counts = {
            "id": stream_id,
            "first": packed[0].first_ms,
            "last": max(c.last_ms for c in packed),
            "now": now_ms,
            "bytes": added,
        }
        execute(_COUNT_STREAM, counts)
        execute(_COUNT_GROUP, (added, group_id))

    def _ids_of(self, key: LogStreamKey, packed: Sequence[Chunk], now_ms: int) -> tuple[int, int]:
        known = self._ids.get(key)
        if known is not None:
            return known
        execute = self._connection.execute
        name = (key.account_id, key.region, key.group)
        execute(_ADD_GROUP, (*name, now_ms))
        (group_id,) = execute(_FIND_GROUP, name).fetchone()
        execute(_ADD_STREAM, (group_id, key.stream, now_ms, packed[0].last_ms, now_ms))
        (stream_id,) = execute(_FIND_STREAM, (group_id, key.stream)).fetchone()
        if len(self._ids) >= _MOST_CACHED:
            self._ids.clear()
        self._ids[key] = (group_id, stream_id)
        return group_id, stream_id

    def _used_bytes(self) -> int:
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        (free,) = self._connection.execute("PRAGMA freelist_count").fetchone()
        return int((pages - free) * self._page_bytes)

    def _keep_cap(self) -> None:
        while self._used_bytes() > self._cap_bytes:
            taken = self._connection.execute(_TAKE_OLDEST).fetchall()
            if not taken:
                return
            of_stream: dict[int, int] = {}
            for group_id, stream_id, stored_bytes in taken:
                of_stream[stream_id] = of_stream.get(stream_id, 0) + stored_bytes
                self._connection.execute(_COUNT_GROUP, (-stored_bytes, group_id))
            for stream_id, stored_bytes in of_stream.items():
                values = {"id": stream_id, "bytes": stored_bytes}
                self._connection.execute(_UNCOUNT_STREAM, values)
