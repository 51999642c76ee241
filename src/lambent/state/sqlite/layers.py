"""Layers in SQLite: `state.layers.Layers` on two tables."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import msgspec

from lambent.model.layer import LayerKey, LayerName, LayerVersion
from lambent.state.layers import Compatible, LayerPage
from lambent.state.marker import marker_of, name_of, number_of
from lambent.state.sqlite.state_database import StateDatabase

_Values = dict[str, str | int]

_NUMBER: Final = """
INSERT INTO layer (account_id, region, name, last_version) VALUES (:account_id, :region, :name, 1)
ON CONFLICT (account_id, region, name) DO UPDATE SET last_version = last_version + 1
RETURNING last_version
"""
_PUBLISH: Final = """
INSERT INTO layer_version (account_id, region, name, version, revision_id, body, package)
VALUES (:account_id, :region, :name, :version, :revision_id, :body, :package)
"""
_GET: Final = """
SELECT body FROM layer_version
WHERE account_id = :account_id AND region = :region AND name = :name AND version = :version
"""
_REPLACE: Final = """
UPDATE layer_version SET revision_id = :revision_id, body = :body, package = :package
WHERE account_id = :account_id AND region = :region AND name = :name AND version = :version
  AND revision_id = :if_revision
"""
_DELETE: Final = """
DELETE FROM layer_version
WHERE account_id = :account_id AND region = :region AND name = :name AND version = :version
"""
# Of a group's rows SQLite takes `body` from the one that has the maximum.
_NEWEST: Final = """
SELECT body, max(version) FROM layer_version
WHERE account_id = :account_id AND region = :region AND name > :after
  AND (:runtime = '' OR :runtime IN (SELECT value FROM json_each(body, '$.runtimes')))
  AND (:architecture = '' OR :architecture IN (SELECT value FROM json_each(body, '$.architectures')))
GROUP BY name ORDER BY name LIMIT :limit
"""
_VERSIONS: Final = """
SELECT body FROM layer_version
WHERE account_id = :account_id AND region = :region AND name = :name AND (:before = 0 OR version < :before)
  AND (:runtime = '' OR :runtime IN (SELECT value FROM json_each(body, '$.runtimes')))
  AND (:architecture = '' OR :architecture IN (SELECT value FROM json_each(body, '$.architectures')))
ORDER BY version DESC LIMIT :limit
"""
_BYTES: Final = """
SELECT coalesce(sum(json_extract(body, '$.code_size')), 0) FROM layer_version
WHERE account_id = :account_id AND region = :region
"""
_PACKAGES: Final = "SELECT DISTINCT package FROM layer_version"


class SqliteLayers:
    """Durable layers in `database`, which whoever made it has entered."""

    def __init__(self, *, database: StateDatabase) -> None:
        self._database = database

    async def publish(self, draft: LayerVersion) -> LayerVersion:
        """Store `draft` as the next version of its layer. Raises NoRoom when the disk is full."""
        layer = draft.key.layer

        def write(connection: sqlite3.Connection) -> LayerVersion:
            (number,) = connection.execute(_NUMBER, layer._asdict()).fetchone()
            version = replace(draft, key=LayerKey(layer, number))
            connection.execute(_PUBLISH, _columns(version))
            return version

        return await self._database.write(write)

    async def get(self, key: LayerKey) -> LayerVersion | None:
        """Read one version."""
        rows = await self._read(_GET, _named(key))
        return rows[0] if rows else None

    async def replace(self, version: LayerVersion, *, if_revision: str) -> bool:
        """Store `version` in place of itself if the stored revision is `if_revision`; False when somebody was first."""
        return await self._changes_one(_REPLACE, _columns(version) | {"if_revision": if_revision})

    async def delete(self, key: LayerKey) -> bool:
        """Remove a version; False when there was none."""
        return await self._changes_one(_DELETE, _named(key))

    async def newest(
        self, *, account_id: str, region: str, compatible: Compatible, marker: str, limit: int
    ) -> LayerPage:
        """Of each layer that has a compatible version the newest such, by the layers' names."""
        values: _Values = {"account_id": account_id, "region": region, "after": name_of(marker)}
        rows = await self._read(_NEWEST, values | _bounds(compatible, limit))
        return _page(rows, limit, lambda last: last.layer.name)

    async def versions(
        self, layer: LayerName, *, compatible: Compatible, marker: str, limit: int
    ) -> LayerPage:
        """A layer's compatible versions, the newest first."""
        values: _Values = {**layer._asdict(), "before": number_of(marker)}
        rows = await self._read(_VERSIONS, values | _bounds(compatible, limit))
        return _page(rows, limit, lambda last: str(last.version))

    async def code_bytes(self, *, account_id: str, region: str) -> int:
        """How large the packages of all versions of an account in a region are together."""
        where = {"account_id": account_id, "region": region}
        row = await self._database.read(lambda reader: reader.execute(_BYTES, where).fetchone())
        return int(row[0])

    async def packages_in_use(self) -> frozenset[str]:
        """The sha256 of every package that a version has."""
        return await self._database.read(
            lambda reader: frozenset(sha256 for (sha256,) in reader.execute(_PACKAGES))
        )

    async def _changes_one(self, statement: str, values: _Values) -> bool:
        return await self._database.write(
            lambda connection: connection.execute(statement, values).rowcount == 1
        )

    async def _read(self, statement: str, values: _Values) -> list[LayerVersion]:
        return await self._database.read(
            lambda reader: [
                msgspec.json.decode(row[0], type=LayerVersion)
                for row in reader.execute(statement, values)
            ]
        )


def _named(key: LayerKey) -> _Values:
    return {**key.layer._asdict(), "version": key.version}


def _columns(version: LayerVersion) -> _Values:
    return _named(version.key) | {
        "revision_id": version.revision_id,
        "body": msgspec.json.encode(version).decode(),
        "package": version.package_sha256,
    }


def _bounds(compatible: Compatible, limit: int) -> _Values:
    return {
        "runtime": compatible.runtime,
        "architecture": compatible.architecture,
        "limit": limit + 1,
    }


def _page(rows: Sequence[LayerVersion], limit: int, place: Callable[[LayerKey], str]) -> LayerPage:
    items = rows[:limit]
    more = len(rows) > limit
    return LayerPage(items=items, next_marker=marker_of(place(items[-1].key)) if more else "")
