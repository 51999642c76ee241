"""The one writer: together where it can, and each caller gets its own answer."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from lambent.model.errors import ResourceConflict, ServiceFailure
from lambent.state.sqlite.writer import GroupCommitWriter

SCHEMA = "CREATE TABLE t (id INTEGER PRIMARY KEY, filling TEXT NOT NULL);"


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[GroupCommitWriter]:
    async with GroupCommitWriter(path=tmp_path / "t.db", migrations=[SCHEMA]) as writer:
        yield writer


def add(number: int, filling: str = "") -> Callable[[sqlite3.Connection], int]:
    def write(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO t VALUES (?, ?)", (number, filling))
        return number

    return write


def everything(connection: sqlite3.Connection) -> list[int]:
    return [number for (number,) in connection.execute("SELECT id FROM t ORDER BY id")]


class Held:
    """Keeps the writer busy until it is let go, so that what comes meanwhile queues up."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self, _connection: sqlite3.Connection) -> None:
        self.begun.set()
        assert self.go.wait(10)


async def together(
    writer: GroupCommitWriter, *writes: Callable[[sqlite3.Connection], object]
) -> list[object]:
    """The results, or the errors, of `writes` that all waited for the writer at the same time."""

    async def one(write: Callable[[sqlite3.Connection], object]) -> object:
        try:
            return await writer.write(write)
        except (sqlite3.Error, ResourceConflict, ServiceFailure, ZeroDivisionError) as error:
            return error

    held = Held()
    async with asyncio.TaskGroup() as group:
        group.create_task(writer.write(held))
        await asyncio.to_thread(held.begun.wait, 10)
        tasks = [group.create_task(one(write)) for write in writes]
        for _ in range(3):
            await asyncio.sleep(0)  # let each of them queue
        held.go.set()
    return [task.result() for task in tasks]


async def test_writes_that_wait_together_share_a_transaction(writer: GroupCommitWriter) -> None:
    seen: list[int] = []

    def look(connection: sqlite3.Connection) -> None:
        # Another connection sees nothing of what the batch has written so far.
        (path,) = [row[2] for row in connection.execute("PRAGMA database_list")]
        other = sqlite3.connect(path)
        seen.append(len(everything(other)))
        other.close()

    await together(writer, add(1), add(2), look)
    assert seen == [0]
    assert await writer.write(everything) == [1, 2]


async def test_a_failing_write_fails_only_its_caller(writer: GroupCommitWriter) -> None:
    def refuses(connection: sqlite3.Connection) -> None:
        add(99)(connection)
        raise ResourceConflict("taken")

    def bug(connection: sqlite3.Connection) -> float:
        add(98)(connection)
        return 1 / 0

    one, conflict, double, broken, two = await together(
        writer, add(1), refuses, add(1), bug, add(2)
    )
    assert (one, two) == (1, 2)
    assert isinstance(conflict, ResourceConflict)
    assert isinstance(double, sqlite3.IntegrityError)
    assert isinstance(broken, ZeroDivisionError)
    assert await writer.write(everything) == [1, 2]


async def test_no_room_is_a_service_failure_and_spares_what_fits(writer: GroupCommitWriter) -> None:
    def fill_up(connection: sqlite3.Connection) -> None:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    await writer.write(fill_up)
    one, large, two = await together(writer, add(1), add(2, "x" * 100_000), add(3))
    assert (one, two) == (1, 3)
    assert isinstance(large, ServiceFailure)
    assert "no room left on the disk" in large.message
    assert await writer.write(everything) == [1, 3]


async def test_what_is_queued_when_it_closes_is_still_written(tmp_path: Path) -> None:
    held = Held()
    async with asyncio.TaskGroup() as group:
        async with GroupCommitWriter(path=tmp_path / "t.db", migrations=[SCHEMA]) as writer:
            group.create_task(writer.write(held))
            await asyncio.to_thread(held.begun.wait, 10)
            last = group.create_task(writer.write(add(7)))
            await asyncio.sleep(0)
            held.go.set()
        assert await last == 7


async def test_a_closed_writer_refuses(tmp_path: Path) -> None:
    async with GroupCommitWriter(path=tmp_path / "t.db", migrations=[SCHEMA]) as writer:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        await writer.write(add(1))


async def test_a_cancelled_caller_takes_no_place_for_ever(tmp_path: Path) -> None:
    held = Held()
    async with GroupCommitWriter(
        path=tmp_path / "t.db", migrations=[SCHEMA], most_waiting=2
    ) as writer:
        async with asyncio.TaskGroup() as group:
            group.create_task(writer.write(held))
            await asyncio.to_thread(held.begun.wait, 10)
            impatient = group.create_task(writer.write(add(1)))
            await asyncio.sleep(0)
            impatient.cancel()
            held.go.set()
        for number in range(2, 6):
            await writer.write(add(number))
        assert await writer.write(everything) == [1, 2, 3, 4, 5]
