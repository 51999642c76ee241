"""The one writing thread of a database: whatever is queued when it looks is committed together."""

import asyncio
import logging
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from lambent.state.room import NoRoom
from lambent.state.sqlite.database import open_writer

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Write = Callable[[sqlite3.Connection], Result]

_NO_ROOM: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    write: Write[Any]
    answered: asyncio.Future[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What became of a job: `error` is None when `result` is on disk."""

    job: _Job
    result: Any = None
    error: Exception | None = None


class GroupCommitWriter:
    """Runs writes one after the other in a thread of its own; an answer means that the write is on disk.

    Use it as an async context manager: ready when entered, and on leaving what was queued is still written.
    """

    def __init__(
        self,
        *,
        path: Path,
        migrations: Sequence[str],
        most_waiting: int = 1024,
        most_together: int = 256,
    ) -> None:
        self._path, self._migrations = path, migrations
        self._slots = asyncio.Semaphore(most_waiting)
        self._most_together = most_together
        # Bounded by the semaphore: who finds no slot waits for one before it queues.
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._open = False

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._connection = open_writer(self._path, self._migrations)
        self._thread = threading.Thread(target=self._run, name=f"{self._path.name} writer")
        self._thread.start()
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open = False
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._connection.close()

    async def write(self, write: Write[Result]) -> Result:
        """Run `write` inside a transaction and return what it returns once that is on disk.

        Raises what `write` raises, and then nothing of it is stored; NoRoom when the disk is full. Cancelling
        stops the waiting, not the write.
        """
        await self._slots.acquire()
        if not self._open:
            raise RuntimeError(f"{self._path} is closed")
        answered: asyncio.Future[Result] = self._loop.create_future()
        self._jobs.put(_Job(write=write, answered=answered))
        return await answered

    def _run(self) -> None:
        batch: list[_Job] | None = self._next_batch()
        while batch is not None:
            settled = self._commit(batch)
            self._loop.call_soon_threadsafe(self._answer, settled)
            batch = self._next_batch()

    def _next_batch(self) -> list[_Job] | None:
        """Wait for a job and take whatever else is queued; None once the writer is to end."""
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < self._most_together:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch

    def _commit(self, batch: Sequence[_Job]) -> list[_Settled]:
        """Run a batch in one transaction; when that is lost as a whole, each job in its own."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            settled = [self._run_one(job) for job in batch]
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            if len(batch) > 1:
                return [one for job in batch for one in self._commit([job])]
            return [_Settled(job=batch[0], error=_explained(error))]
        return settled

    def _run_one(self, job: _Job) -> _Settled:
        """Run one job under a savepoint. Raises sqlite3.Error when the whole transaction is lost."""
        self._connection.execute("SAVEPOINT job")
        try:
            result = job.write(self._connection)
        # Seam, a background loop: a write that fails, by a bug too, is its caller's and must not end the writer.
        except Exception as error:
            if isinstance(error, sqlite3.Error) and not self._connection.in_transaction:
                raise  # a full disk makes SQLite roll everything back
            self._connection.execute("ROLLBACK TO job")
            self._connection.execute("RELEASE job")
            return _Settled(job=job, error=_explained(error))
        self._connection.execute("RELEASE job")
        return _Settled(job=job, result=result)

    def _answer(self, settled: Sequence[_Settled]) -> None:
        for one in settled:
            self._slots.release()
            if one.job.answered.done():  # its caller was cancelled
                continue
            if one.error is None:
                one.job.answered.set_result(one.result)
            else:
                one.job.answered.set_exception(one.error)


def _explained(error: Exception) -> Exception:
    """The error that the caller of a failed write gets."""
    if getattr(error, "sqlite_errorcode", 0) not in _NO_ROOM:
        return error
    logger.error("no room left on the disk that holds the data directory: a write was refused")
    failure = NoRoom()
    failure.__cause__ = error
    return failure
