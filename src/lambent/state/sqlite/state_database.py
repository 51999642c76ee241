"""The file `state.db`: one writing thread, one reading thread, shared by all that is kept in it."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from lambent.state.sqlite.database import open_reader
from lambent.state.sqlite.migrations import migrations
from lambent.state.sqlite.writer import GroupCommitWriter

Result = TypeVar("Result")


class StateDatabase:
    """The database in the file `path`; an async context manager, its schema up to date when entered.

    Entering raises SchemaTooNew, sqlite3.Error.
    """

    def __init__(self, *, path: Path) -> None:
        self._path = path
        self._writer = GroupCommitWriter(path=path, migrations=migrations("state"))
        self._readers = ThreadPoolExecutor(max_workers=1, thread_name_prefix="state reader")

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opened:
            await opened.enter_async_context(self._writer)
            self._reader = open_reader(self._path)
            opened.callback(self._reader.close)
            opened.push_async_callback(asyncio.to_thread, self._readers.shutdown)
            self._opened = opened.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._opened.aclose()

    async def write(self, write: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `write` in a transaction; its result once that is on disk.

        Raises what `write` raises, and then nothing of it is stored; NoRoom. Cancelling stops the waiting, not the write.
        """
        return await self._writer.write(write)

    async def read(self, read: Callable[[sqlite3.Connection], Result]) -> Result:
        """Run `read` in the reading thread. Cancelling stops the waiting."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, read, self._reader)
