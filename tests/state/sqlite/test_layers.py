"""Layers in SQLite obey the contract, beside functions in one file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.state.sqlite.functions import SqliteFunctions
from lambent.state.sqlite.layers import SqliteLayers
from lambent.state.sqlite.state_database import StateDatabase
from tests.fakes.versions import key, layer_key, layer_version, version
from tests.state.layers_conformance import LayersConformance


class TestSqliteLayers(LayersConformance):
    @pytest.fixture
    async def layers(self, tmp_path: Path) -> AsyncIterator[SqliteLayers]:
        async with StateDatabase(path=tmp_path / "state.db") as database:
            yield SqliteLayers(database=database)


async def test_clearing_takes_layers_and_their_numbers_too(tmp_path: Path) -> None:
    async with StateDatabase(path=tmp_path / "state.db") as database:
        functions, layers = SqliteFunctions(database=database), SqliteLayers(database=database)
        for _ in range(2):
            await layers.publish(layer_version())
        assert await functions.clear() == 0
        assert await layers.packages_in_use() == frozenset()
        assert await layers.get(layer_key()) is None
        assert (await layers.publish(layer_version())).key.version == 1


async def test_what_was_published_is_there_after_opening_again(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with StateDatabase(path=path) as database:
        await SqliteFunctions(database=database).create(version())
        published = await SqliteLayers(database=database).publish(layer_version())
        await SqliteLayers(database=database).delete(
            (await SqliteLayers(database=database).publish(layer_version())).key
        )
    async with StateDatabase(path=path) as database:
        assert await SqliteFunctions(database=database).get(key()) is not None
        layers = SqliteLayers(database=database)
        assert await layers.get(layer_key()) == published
        assert (await layers.publish(layer_version())).key.version == 3
