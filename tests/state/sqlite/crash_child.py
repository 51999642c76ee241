"""Writes functions until it is killed, and names each on stdout once its write was acknowledged."""

import asyncio
import itertools
import sys
from pathlib import Path

from lambent.state.sqlite.functions import SqliteFunctions
from lambent.state.sqlite.state_database import StateDatabase
from tests.fakes.versions import key, version


async def _write_for_ever(path: Path, prefix: str) -> None:
    async with StateDatabase(path=path) as database, asyncio.TaskGroup() as group:
        functions = SqliteFunctions(database=database)
        for lane in range(4):
            group.create_task(_write_lane(functions, f"{prefix}-{lane}"))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _write_lane(functions: SqliteFunctions, prefix: str) -> None:
    for number in itertools.count():
        name = f"{prefix}-{number}"
        await functions.create(version(name))
        _say(f"created {name}")
        await functions.activate(version(name, revision_id="r2"), if_revision="r1")
        _say(f"activated {name}")
        if number % 3 == 2:
            await functions.delete(key(name))
            _say(f"deleted {name}")


asyncio.run(_write_for_ever(Path(sys.argv[1]), sys.argv[2]))
