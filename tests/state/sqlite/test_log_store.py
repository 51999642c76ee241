"""Logs in SQLite."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from lambent.model.logs import LogLine
from lambent.state.log_events import EventPage, LogStoreUnavailable
from lambent.state.sqlite import log_queries as queries
from lambent.state.sqlite.database import SchemaTooNew
from lambent.state.sqlite.log_reader import SqliteLogReader
from lambent.state.sqlite.log_store import SqliteLogWriter
from tests.fakes.clock import ManualClock
from tests.state.log_events_conformance import (
    ALL,
    NOW,
    A,
    B,
    LogEventsConformance,
    Logs,
    line,
    scan,
    texts,
)


class TestSqliteLogs(LogEventsConformance):
    @pytest.fixture
    def fresh(self, tmp_path: Path) -> Iterator[Callable[[], Logs]]:
        opened: list[SqliteLogWriter] = []
        numbers = count()

        def make() -> Logs:
            clock = ManualClock(epoch_ms=NOW)
            path = tmp_path / f"logs{next(numbers)}.db"
            writer = SqliteLogWriter(path=path, clock=clock)
            opened.append(writer)
            return Logs(writer, SqliteLogReader(path=path), clock)

        yield make
        for writer in opened:
            writer.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs.db"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(epoch_ms=NOW)


def test_a_reader_sees_nothing_before_there_is_a_database(path: Path) -> None:
    reader = SqliteLogReader(path=path)
    assert not reader.stream_exists(A)
    path.touch()
    assert not reader.group_exists(account_id=A.account_id, region=A.region, group=A.group)
    assert list(reader.events(key=A, page=ALL, after=0, before=None)) == []


def test_a_reader_of_a_closed_store_needs_no_writer(path: Path, clock: ManualClock) -> None:
    with closing(SqliteLogWriter(path=path, clock=clock)) as writer:
        writer.append([(A, [line(0, "kept\n")])])
    reader = SqliteLogReader(path=path)
    assert texts(reader.events(key=A, page=ALL, after=0, before=None)) == ["kept\n"]


def test_a_reopened_store_goes_on(path: Path, clock: ManualClock) -> None:
    for text in ("one", "two"):
        with closing(SqliteLogWriter(path=path, clock=clock)) as writer:
            writer.append([(A, [line(0, text)])])
    reader = SqliteLogReader(path=path)
    assert texts(reader.events(key=A, page=ALL, after=0, before=None)) == ["one", "two"]


def test_a_newer_schema_is_refused_by_both_sides(path: Path, clock: ManualClock) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(SchemaTooNew):
        SqliteLogWriter(path=path, clock=clock)
    with pytest.raises(SchemaTooNew):
        SqliteLogReader(path=path).stream_exists(A)


def test_what_is_no_database_is_unavailable(path: Path, clock: ManualClock) -> None:
    path.write_bytes(b"not a database, but long enough to look at" * 100)
    with pytest.raises(LogStoreUnavailable):
        SqliteLogWriter(path=path, clock=clock)
    with pytest.raises(LogStoreUnavailable):
        SqliteLogReader(path=path).stream_exists(A)


def test_a_failed_append_stores_nothing_and_the_next_one_does(
    path: Path, clock: ManualClock
) -> None:
    with (
        closing(SqliteLogWriter(path=path, clock=clock)) as writer,
        closing(sqlite3.connect(path, isolation_level=None)) as other,
    ):
        writer._connection.execute("PRAGMA busy_timeout = 0")
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LogStoreUnavailable, match="locked"):
            writer.append([(A, [line(0, "lost\n")])])
        other.execute("ROLLBACK")
        writer.append([(A, [line(1, "kept\n")])])
        reader = SqliteLogReader(path=path)
        assert texts(reader.events(key=A, page=ALL, after=0, before=None)) == ["kept\n"]


def test_no_room_on_the_disk_is_unavailable_and_leaves_no_transaction(
    path: Path, clock: ManualClock
) -> None:
    with closing(SqliteLogWriter(path=path, clock=clock)) as writer:
        writer.append([(A, [line(0, "first\n")])])
        (pages,) = writer._connection.execute("PRAGMA page_count").fetchone()
        writer._connection.execute(f"PRAGMA max_page_count = {pages + 4}")
        with pytest.raises(LogStoreUnavailable, match="full"):
            writer.append([(B, [line(1, "x" * 100_000)])])
        writer._connection.execute("PRAGMA max_page_count = 1000000")
        writer.append([(B, [line(2, "second\n")])])
        assert scan(Logs(writer, SqliteLogReader(path=path), clock)) == ["first\n", "second\n"]


def test_the_cap_takes_the_oldest_events_and_leaves_groups_and_streams(
    path: Path, clock: ManualClock
) -> None:
    cap = 2_000_000
    reader = SqliteLogReader(path=path)
    with closing(SqliteLogWriter(path=path, clock=clock, cap_bytes=cap)) as writer:
        writer.append([(A, [line(0, "the very first\n")])])
        for i in range(200):
            writer.append([(B, [line(i, f"{i} " + "x" * 50_000 + "\n")])])
        assert writer._used_bytes() <= cap
    assert path.stat().st_size < 2 * cap
    assert reader.stream_exists(A)
    assert list(reader.events(key=A, page=ALL, after=0, before=None)) == []
    left = scan(Logs(writer, reader, clock), page=EventPage(limit=9, max_bytes=1 << 20))
    assert left[-1].startswith("199 ")
    assert [int(text.split()[0]) for text in left] == list(range(200 - len(left), 200))
    first, last = reader.streams(
        account_id=A.account_id,
        region=A.region,
        group=A.group,
        prefix="",
        by_last_event=False,
        descending=False,
        after=None,
        limit=50,
    )
    assert (first.stored_bytes, first.first_event_ms, first.last_event_ms) == (0, None, NOW)
    assert last.first_event_ms == NOW + 200 - len(left)
    assert last.stored_bytes == sum(len(text) + 26 for text in left)


def test_a_flood_in_one_append_is_cut_into_bounded_chunks(path: Path, clock: ManualClock) -> None:
    flood = LogLine(NOW, b"0123456\n" * 200_000, many=True)
    late = LogLine(NOW + 60_000, b"a minute later\n", many=True)
    with closing(SqliteLogWriter(path=path, clock=clock)) as writer:
        writer.append([(A, [flood, late])])
        rows = writer._connection.execute(
            "SELECT length(lines), last_ms - first_ms FROM log_chunk"
        ).fetchall()
    assert len(rows) == 8
    assert all(size < 270_000 and span <= 10_000 for size, span in rows)
    found = scan(Logs(writer, SqliteLogReader(path=path), clock))
    assert len(found) == 200_001
    assert set(found[:-1]) == {"0123456\n"}


def test_reading_a_window_sorts_nothing(path: Path, clock: ManualClock) -> None:
    with closing(SqliteLogWriter(path=path, clock=clock)) as writer:
        values = dict.fromkeys(("group_id", "stream_id", "ids", "start", "end", "reach"), 1)
        values["from_id"] = 1
        for statement in (
            queries.CHUNKS_OLDEST_FIRST,
            queries.CHUNKS_NEWEST_FIRST,
            queries.CHUNKS_FORWARD,
            queries.CHUNKS_BACKWARD,
        ):
            plan = writer._connection.execute("EXPLAIN QUERY PLAN " + statement, values)
            steps = " ".join(str(row[3]) for row in plan)
            assert "TEMP B-TREE" not in steps
            assert "SEARCH c USING" in steps
