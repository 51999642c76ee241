"""Aliases and records in SQLite obey their contracts, and are there after opening again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.state.sqlite.state_database import StateDatabase
from lambent.state.sqlite.stores import sqlite_stores
from lambent.state.stores import Stores
from tests.state.aliases_conformance import AliasesConformance, alias, published
from tests.state.records_conformance import Note, RecordsConformance, own


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[Stores]:
    async with StateDatabase(path=tmp_path / "state.db") as database:
        yield sqlite_stores(database)


class TestSqliteAliases(AliasesConformance):
    """On a file."""


class TestSqliteRecords(RecordsConformance):
    """On a file."""


async def test_what_was_written_is_there_after_opening_again(tmp_path: Path) -> None:
    async with StateDatabase(path=tmp_path / "state.db") as database:
        stores = sqlite_stores(database)
        await published(stores)
        await stores.aliases.create(alias())
        await stores.records.of("note", Note).put(own("x"), Note(text="kept"))
    async with StateDatabase(path=tmp_path / "state.db") as database:
        stores = sqlite_stores(database)
        assert await stores.aliases.get(alias().key) == alias()
        found = await stores.records.of("note", Note).get(own("x"))
        assert found is not None
        assert found.body.text == "kept"
