"""Aliases in SQLite: `state.aliases.Aliases`."""

import sqlite3
from collections.abc import Sequence
from typing import Final

import msgspec

from lambent.model.alias import Alias, AliasKey
from lambent.model.errors import FunctionNotFound, ResourceConflict
from lambent.model.function import FunctionKey
from lambent.state.aliases import AliasPage
from lambent.state.marker import marker_of, name_of
from lambent.state.sqlite.functions import version_number
from lambent.state.sqlite.state_database import StateDatabase

_Values = dict[str, str | int | None]

_MOST: Final = 2**31
_AT: Final = "account_id = :account_id AND region = :region AND function = :function"
_CREATE: Final = """
INSERT INTO alias (account_id, region, function, name, revision_id, body)
VALUES (:account_id, :region, :function, :name, :revision_id, :body)
ON CONFLICT (account_id, region, function, name) DO NOTHING
"""
_REPLACE: Final = f"""
UPDATE alias SET revision_id = :revision_id, body = :body
WHERE {_AT} AND name = :name AND revision_id = :if_revision
"""
_DELETE: Final = f"DELETE FROM alias WHERE {_AT} AND name = :name"
_DELETE_RECORDS: Final = f"DELETE FROM record WHERE {_AT} AND id = :name"
_GET: Final = f"SELECT body FROM alias WHERE {_AT} AND name = :name"
_PAGE: Final = f"""
SELECT body FROM alias WHERE {_AT} AND name > :after AND (:version IS NULL
  OR json_extract(body, '$.function_version') = :version
  OR EXISTS (SELECT 1 FROM json_each(body, '$.weights') AS weight WHERE weight.key = :version))
ORDER BY name LIMIT :limit
"""
_EVERYTHING: Final = "SELECT body FROM alias ORDER BY account_id, region, function, name"
_VERSION: Final = """
SELECT 1 FROM version WHERE account_id = :account_id AND region = :region AND name = :function AND number = :number
"""


class SqliteAliases:
    """Durable aliases in `database`, which is entered already."""

    def __init__(self, *, database: StateDatabase) -> None:
        self._database = database

    async def create(self, alias: Alias) -> None:
        """Add an alias. Raises FunctionNotFound, ResourceConflict, NoRoom."""

        def create(connection: sqlite3.Connection) -> bool:
            _demand_versions(connection, alias)
            return connection.execute(_CREATE, _columns(alias)).rowcount == 1

        if not await self._database.write(create):
            raise ResourceConflict(f"Alias already exists: {alias.key.arn}")

    async def get(self, key: AliasKey) -> Alias | None:
        """Read one."""
        found = await self._read(_GET, _named(key))
        return found[0] if found else None

    async def page(
        self, function: FunctionKey, *, version: str | None, marker: str, limit: int
    ) -> AliasPage:
        """List a function's by name. Raises InvalidParameterValue for a bad marker."""
        where = _named(AliasKey(function.account_id, function.region, function.name, ""))
        found = await self._read(
            _PAGE, where | {"version": version, "after": name_of(marker), "limit": limit + 1}
        )
        items = found[:limit]
        more = len(found) > limit
        return AliasPage(items=items, next_marker=marker_of(items[-1].key.name) if more else "")

    async def replace(self, alias: Alias, *, if_revision: str) -> bool:
        """Store it if the stored revision is `if_revision`. Raises FunctionNotFound, NoRoom."""

        def replace(connection: sqlite3.Connection) -> bool:
            _demand_versions(connection, alias)
            values = _columns(alias) | {"if_revision": if_revision}
            return connection.execute(_REPLACE, values).rowcount == 1

        return await self._database.write(replace)

    async def delete(self, key: AliasKey) -> bool:
        """Remove it and the records that are kept of it; False when there was none."""
        values = _named(key)

        def delete(connection: sqlite3.Connection) -> bool:
            if connection.execute(_DELETE, values).rowcount == 0:
                return False
            connection.execute(_DELETE_RECORDS, values)
            return True

        return await self._database.write(delete)

    async def all_of(self, function: FunctionKey) -> Sequence[Alias]:
        """All of one function, by name."""
        return (await self.page(function, version=None, marker="", limit=_MOST)).items

    async def everything(self) -> Sequence[Alias]:
        """All aliases of all accounts and regions."""
        return await self._read(_EVERYTHING, {})

    async def _read(self, statement: str, values: _Values) -> list[Alias]:
        return await self._database.read(
            lambda reader: [
                msgspec.json.decode(body, type=Alias)
                for (body,) in reader.execute(statement, values)
            ]
        )


def _named(key: AliasKey) -> _Values:
    return {**key._asdict()}


def _columns(alias: Alias) -> _Values:
    return _named(alias.key) | {
        "revision_id": alias.revision_id,
        "body": msgspec.json.encode(alias).decode(),
    }


def _demand_versions(connection: sqlite3.Connection, alias: Alias) -> None:
    """Raise FunctionNotFound for the first version of `alias` that is not there."""
    for version in (alias.function_version, *alias.weights):
        values = _named(alias.key) | {"number": version_number(version)}
        if connection.execute(_VERSION, values).fetchone() is None:
            key = alias.key.function_key._replace(version=version)
            raise FunctionNotFound(key.arn)
