"""Functions in SQLite: `state.functions.Functions` on one table."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import msgspec

from lambent.model.errors import InvalidParameterValue, ResourceConflict
from lambent.model.function import LATEST, FunctionKey, FunctionVersion
from lambent.state.functions import Page, StoredFunction, Usage
from lambent.state.marker import marker_of, name_of
from lambent.state.sqlite.state_database import StateDatabase

_Row = tuple[str, str | None]
_Values = dict[str, str | int]

_VERSION: Final = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)
_NO_VERSION: Final = -1

_OF_FUNCTION: Final = "account_id = :account_id AND region = :region AND name = :name"
_AT: Final = f"{_OF_FUNCTION} AND number = :number"
_CREATE: Final = """
INSERT INTO version (account_id, region, name, number, revision_id, configured, configured_package)
VALUES (:account_id, :region, :name, :number, :revision_id, :configured, :package)
ON CONFLICT (account_id, region, name, number) DO NOTHING
"""
_REPLACE: Final = f"""
UPDATE version SET revision_id = :revision_id, configured = :configured, configured_package = :package
WHERE {_AT} AND revision_id = :if_revision
"""
_ACTIVATE: Final = f"""
UPDATE version SET revision_id = :revision_id, configured = :configured, configured_package = :package,
  active = :configured, active_package = :package
WHERE {_AT} AND revision_id = :if_revision
"""
_COUNT: Final = f"""
UPDATE version SET last_published = last_published + 1 WHERE {_AT} RETURNING last_published
"""
_DELETE_ALL: Final = f"DELETE FROM version WHERE {_OF_FUNCTION}"
_DELETE_WHAT_IS_KEPT: Final = (
    "DELETE FROM alias WHERE account_id = :account_id AND region = :region AND function = :name",
    "DELETE FROM record WHERE account_id = :account_id AND region = :region AND function = :name",
)
_DELETE_VERSION: Final = (
    f"DELETE FROM version WHERE {_AT}",
    """DELETE FROM record
    WHERE account_id = :account_id AND region = :region AND function = :name AND id = :version""",
)
_LED_BY: Final = """
SELECT name FROM alias WHERE account_id = :account_id AND region = :region AND function = :name
AND (json_extract(body, '$.function_version') = :version
  OR EXISTS (SELECT 1 FROM json_each(body, '$.weights') AS weight WHERE weight.key = :version))
ORDER BY name
"""
_CLEAR: Final = tuple(
    f"DELETE FROM {table}" for table in ("alias", "record", "version", "layer", "layer_version")
)
_GET: Final = f"SELECT configured, active FROM version WHERE {_AT}"
_PAGE: Final = """
SELECT configured, active FROM version
WHERE account_id = :account_id AND region = :region AND (name, number) > (:name, :number)
AND (:every_version OR number = 0) ORDER BY name, number LIMIT :limit
"""
_VERSIONS: Final = f"""
SELECT configured, active FROM version WHERE {_OF_FUNCTION} AND number > :number ORDER BY number LIMIT :limit
"""
_LAST: Final = f"""
SELECT configured, active FROM version WHERE {_OF_FUNCTION} AND number > 0 ORDER BY number DESC LIMIT 1
"""
_USAGE: Final = """
SELECT coalesce(sum(number = 0), 0), coalesce(sum(json_extract(configured, '$.code_size')), 0) FROM version
WHERE account_id = :account_id AND region = :region
"""
_EVERYTHING: Final = (
    "SELECT configured, active FROM version ORDER BY account_id, region, name, number"
)
_PACKAGES: Final = """
SELECT configured_package FROM version
UNION SELECT active_package FROM version WHERE active_package IS NOT NULL
"""


class SqliteFunctions:
    """Durable functions in `database`, which is entered already."""

    def __init__(self, *, database: StateDatabase) -> None:
        self._database = database

    async def create(
        self, version: FunctionVersion, *, published: FunctionVersion | None = None
    ) -> None:
        """Add a function by its $LATEST, and `published` as its version 1. Raises ResourceConflict, NoRoom."""

        def create(connection: sqlite3.Connection) -> bool:
            if connection.execute(_CREATE, _columns(version)).rowcount != 1:
                return False
            if published is not None:
                _number_and_add(connection, published)
            return True

        if not await self._database.write(create):
            raise ResourceConflict(f"Function already exist: {version.key.name}")

    async def get(self, key: FunctionKey) -> StoredFunction | None:
        """Read one version of a function."""
        rows = await self._read(_GET, _named(key))
        return rows[0] if rows else None

    async def page(
        self, *, account_id: str, region: str, marker: str, limit: int, every_version: bool = False
    ) -> Page:
        """List functions by name, each by its $LATEST, with `every_version` the others after it.

        Raises InvalidParameterValue for a bad marker.
        """
        name, _, number = name_of(marker).partition(":")
        after: _Values = {"name": name, "number": _number(number or str(2**31))}
        where: _Values = {
            "account_id": account_id,
            "region": region,
            "every_version": every_version,
        }
        return await self._page(_PAGE, where | after, limit)

    async def versions(self, key: FunctionKey, *, marker: str, limit: int) -> Page:
        """List the versions of a function, $LATEST first. Raises InvalidParameterValue for a bad marker."""
        _, _, number = name_of(marker).partition(":")
        return await self._page(_VERSIONS, _named(key) | {"number": _number(number or "-1")}, limit)

    async def last_published(self, key: FunctionKey) -> StoredFunction | None:
        """The published version of a function that has the highest number."""
        rows = await self._read(_LAST, _named(key))
        return rows[0] if rows else None

    async def publish(
        self,
        version: FunctionVersion,
        *,
        latest: FunctionVersion,
        if_revision: str,
        is_active: bool = False,
    ) -> FunctionVersion | None:
        """Add `version` under the next number and store `latest`; None when somebody was first. Raises NoRoom."""
        changed = _columns(latest) | {"if_revision": if_revision}
        store = _ACTIVATE if is_active else _REPLACE

        def publish(connection: sqlite3.Connection) -> FunctionVersion | None:
            if connection.execute(store, changed).rowcount != 1:
                return None
            numbered = _number_and_add(connection, version)
            if is_active:
                revision: _Values = {"if_revision": numbered.revision_id}
                connection.execute(_ACTIVATE, _columns(numbered) | revision)
            return numbered

        return await self._database.write(publish)

    async def replace(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured if the stored revision is `if_revision`; False when somebody was first."""
        return await self._changes_one(_REPLACE, _columns(version) | {"if_revision": if_revision})

    async def activate(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured *and* active if the stored revision is `if_revision`."""
        return await self._changes_one(_ACTIVATE, _columns(version) | {"if_revision": if_revision})

    async def delete(self, key: FunctionKey) -> bool:
        """Remove a function with its versions, aliases and records; False when there was none."""
        values = _named(key)

        def delete(connection: sqlite3.Connection) -> bool:
            found = connection.execute(_DELETE_ALL, values).rowcount > 0
            for statement in _DELETE_WHAT_IS_KEPT:
                connection.execute(statement, values)
            return found

        return await self._database.write(delete)

    async def delete_version(self, key: FunctionKey) -> Sequence[str]:
        """Remove a published version and its records, unless aliases lead to it: their names, none when it is gone."""
        values = _named(key)

        def delete(connection: sqlite3.Connection) -> list[str]:
            aliases = [name for (name,) in connection.execute(_LED_BY, values)]
            for statement in () if aliases else _DELETE_VERSION:
                connection.execute(statement, values)
            return aliases

        return await self._database.write(delete)

    async def clear(self) -> int:
        """Remove everything of all accounts and regions, in one transaction; how many functions there were."""

        def clear(connection: sqlite3.Connection) -> int:
            count: int = connection.execute(
                "SELECT count(*) FROM version WHERE number = 0"
            ).fetchone()[0]
            for statement in _CLEAR:
                connection.execute(statement)
            return count

        return await self._database.write(clear)

    async def usage(self, *, account_id: str, region: str) -> Usage:
        """How many functions an account has in a region, and how large the packages of all their versions are together."""
        where = {"account_id": account_id, "region": region}
        functions, code_bytes = await self._database.read(
            lambda reader: reader.execute(_USAGE, where).fetchone()
        )
        return Usage(functions=functions, code_bytes=code_bytes)

    async def everything(self) -> Sequence[StoredFunction]:
        """All versions of all functions of all accounts and regions."""
        return await self._read(_EVERYTHING, {})

    async def packages_in_use(self) -> frozenset[str]:
        """The sha256 of every package that a version, configured or active, refers to."""
        return await self._database.read(
            lambda reader: frozenset(sha256 for (sha256,) in reader.execute(_PACKAGES))
        )

    async def _changes_one(self, statement: str, values: _Values) -> bool:
        return await self._database.write(
            lambda connection: connection.execute(statement, values).rowcount == 1
        )

    async def _page(self, statement: str, values: _Values, limit: int) -> Page:
        rows = await self._read(statement, values | {"limit": limit + 1})
        items = rows[:limit]
        return Page(items=items, next_marker=_marker(items[-1]) if len(rows) > limit else "")

    async def _read(self, statement: str, values: _Values) -> list[StoredFunction]:
        return await self._database.read(
            lambda reader: [_stored(row) for row in reader.execute(statement, values)]
        )


def _number_and_add(connection: sqlite3.Connection, version: FunctionVersion) -> FunctionVersion:
    """Add `version` under the next number of its function."""
    latest = version.key.latest
    (number,) = connection.execute(_COUNT, _named(latest)).fetchone()
    numbered = replace(version, key=latest._replace(version=str(number)))
    connection.execute(_CREATE, _columns(numbered))
    return numbered


def _named(key: FunctionKey) -> _Values:
    return {
        "account_id": key.account_id,
        "region": key.region,
        "name": key.name,
        "version": key.version,
        "number": version_number(key.version),
    }


def version_number(version: str) -> int:
    """What a version is stored under; a number that no version has when `version` is none."""
    if version == LATEST:
        return 0
    return int(version) if _VERSION.fullmatch(version) else _NO_VERSION


def _columns(version: FunctionVersion) -> _Values:
    return _named(version.key) | {
        "revision_id": version.revision_id,
        "configured": msgspec.json.encode(version).decode(),
        "package": version.package_sha256,
    }


def _stored(row: _Row) -> StoredFunction:
    configured, active = row
    return StoredFunction(
        configured=msgspec.json.decode(configured, type=FunctionVersion),
        active=None if active is None else msgspec.json.decode(active, type=FunctionVersion),
    )


def _marker(last: StoredFunction) -> str:
    key = last.configured.key
    return marker_of(f"{key.name}:{_named(key)['number']}")


def _number(text: str) -> int:
    """The number in a marker. Raises InvalidParameterValue."""
    try:
        return int(text)
    except ValueError as error:
        raise InvalidParameterValue(
            "The Marker is not one that this operation returned."
        ) from error
