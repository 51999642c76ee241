"""Functions on a database of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from lambent.state.sqlite.functions import SqliteFunctions
from lambent.state.sqlite.state_database import StateDatabase


@asynccontextmanager
async def opened_functions(path: Path) -> AsyncIterator[SqliteFunctions]:
    """The functions in the file `path`, open within the block."""
    async with StateDatabase(path=path) as database:
        yield SqliteFunctions(database=database)
