"""Functions in SQLite: `state.functions.Functions` on one table."""

from collections.abc import Sequence
from typing import Final

import msgspec

from lambent.model.errors import ResourceConflict
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.state.functions import Page, StoredFunction, Usage
from lambent.state.marker import marker_of, name_of
from lambent.state.sqlite.state_database import StateDatabase

_Row = tuple[str, str | None]
_Values = dict[str, str | int]

_CREATE: Final = """
INSERT INTO function (account_id, region, name, revision_id, configured, configured_package)
VALUES (:account_id, :region, :name, :revision_id, :configured, :package)
ON CONFLICT (account_id, region, name) DO NOTHING
"""
_REPLACE: Final = """
UPDATE function SET revision_id = :revision_id, configured = :configured, configured_package = :package
WHERE account_id = :account_id AND region = :region AND name = :name AND revision_id = :if_revision
"""
_ACTIVATE: Final = """
UPDATE function SET revision_id = :revision_id, configured = :configured, configured_package = :package,
  active = :configured, active_package = :package
WHERE account_id = :account_id AND region = :region AND name = :name AND revision_id = :if_revision
"""
_DELETE: Final = """
DELETE FROM function WHERE account_id = :account_id AND region = :region AND name = :name
"""
_CLEAR: Final = "DELETE FROM function"
_GET: Final = """
SELECT configured, active FROM function WHERE account_id = :account_id AND region = :region AND name = :name
"""
_PAGE: Final = """
SELECT configured, active FROM function
WHERE account_id = :account_id AND region = :region AND name > :after ORDER BY name LIMIT :limit
"""
_USAGE: Final = """
SELECT count(*), coalesce(sum(json_extract(configured, '$.code_size')), 0) FROM function
WHERE account_id = :account_id AND region = :region
"""
_EVERYTHING: Final = "SELECT configured, active FROM function ORDER BY account_id, region, name"
_PACKAGES: Final = """
SELECT configured_package FROM function
UNION SELECT active_package FROM function WHERE active_package IS NOT NULL
"""


class SqliteFunctions:
    """Durable functions in `database`, which whoever made it has entered."""

    def __init__(self, *, database: StateDatabase) -> None:
        self._database = database

    async def create(self, version: FunctionVersion) -> None:
        """Add a function. Raises ResourceConflict when the name is taken, NoRoom when the disk is full."""
        if not await self._changes_one(_CREATE, _columns(version)):
            raise ResourceConflict(f"Function already exist: {version.key.name}")

    async def get(self, key: FunctionKey) -> StoredFunction | None:
        """Read one function."""
        rows = await self._read(_GET, _named(key))
        return rows[0] if rows else None

    async def page(self, *, account_id: str, region: str, marker: str, limit: int) -> Page:
        """List functions of an account and region by name. Raises InvalidParameterValue for a bad marker."""
        rows = await self._read(
            _PAGE,
            {
                "account_id": account_id,
                "region": region,
                "after": name_of(marker),
                "limit": limit + 1,
            },
        )
        items = rows[:limit]
        more = len(rows) > limit
        return Page(
            items=items, next_marker=marker_of(items[-1].configured.key.name) if more else ""
        )

    async def replace(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured if the stored revision is `if_revision`; False when somebody was first."""
        return await self._changes_one(_REPLACE, _columns(version) | {"if_revision": if_revision})

    async def activate(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured *and* active if the stored revision is `if_revision`."""
        return await self._changes_one(_ACTIVATE, _columns(version) | {"if_revision": if_revision})

    async def delete(self, key: FunctionKey) -> bool:
        """Remove a function; False when there was none."""
        return await self._changes_one(_DELETE, _named(key))

    async def clear(self) -> int:
        """Remove every function of all accounts and regions, in one transaction; how many there were."""
        return await self._database.write(lambda connection: connection.execute(_CLEAR).rowcount)

    async def usage(self, *, account_id: str, region: str) -> Usage:
        """How many functions an account has in a region, and how large their packages are together."""
        where = {"account_id": account_id, "region": region}
        functions, code_bytes = await self._database.read(
            lambda reader: reader.execute(_USAGE, where).fetchone()
        )
        return Usage(functions=functions, code_bytes=code_bytes)

    async def everything(self) -> Sequence[StoredFunction]:
        """All functions of all accounts and regions."""
        return await self._read(_EVERYTHING, {})

    async def packages_in_use(self) -> frozenset[str]:
        """The sha256 of every package that a function, configured or active, refers to."""
        return await self._database.read(
            lambda reader: frozenset(sha256 for (sha256,) in reader.execute(_PACKAGES))
        )

    async def _changes_one(self, statement: str, values: _Values) -> bool:
        return await self._database.write(
            lambda connection: connection.execute(statement, values).rowcount == 1
        )

    async def _read(self, statement: str, values: _Values) -> list[StoredFunction]:
        return await self._database.read(
            lambda reader: [_stored(row) for row in reader.execute(statement, values)]
        )


def _named(key: FunctionKey) -> _Values:
    return {"account_id": key.account_id, "region": key.region, "name": key.name}


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
