"""Records in SQLite: `state.records.Records`, one table for all kinds."""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final, Generic, TypeVar

import msgspec

from lambent.model.function import LATEST, FunctionKey
from lambent.state.marker import marker_of, name_of
from lambent.state.records import OwnerMissing, Record, RecordKey, RecordPage
from lambent.state.sqlite.functions import version_number
from lambent.state.sqlite.state_database import StateDatabase

Body = TypeVar("Body")
_Values = dict[str, str | int | None]

_MOST: Final = 2**31
_COLUMNS: Final = "account_id, region, function, id, revision, body"
_AT: Final = """
kind = :kind AND account_id = :account_id AND region = :region AND function = :function AND id = :id
"""
_CREATE: Final = """
INSERT INTO record (kind, account_id, region, function, id, revision, body)
VALUES (:kind, :account_id, :region, :function, :id, 1, :body)
ON CONFLICT (kind, account_id, region, function, id) DO NOTHING
"""
_REPLACE: Final = f"""
UPDATE record SET revision = revision + 1, body = :body
WHERE {_AT} AND (:if_revision IS NULL OR revision = :if_revision)
"""
_DELETE: Final = f"""
DELETE FROM record WHERE {_AT} AND (:if_revision IS NULL OR revision = :if_revision)
"""
_GET: Final = f"SELECT {_COLUMNS} FROM record WHERE {_AT}"
_PAGE: Final = f"""
SELECT {_COLUMNS} FROM record
WHERE kind = :kind AND account_id = :account_id AND region = :region
AND (:only IS NULL OR function = :only) AND (function, id) > (:after_function, :after_id)
ORDER BY function, id LIMIT :limit
"""
_EVERYTHING: Final = f"""
SELECT {_COLUMNS} FROM record
WHERE kind = :kind AND (:account_id IS NULL OR account_id = :account_id) AND (:region IS NULL OR region = :region)
ORDER BY account_id, region, function, id
"""
_VERSION: Final = """
SELECT 1 FROM version WHERE account_id = :account_id AND region = :region AND name = :function AND number = :number
"""
_ALIAS: Final = """
SELECT 1 FROM alias WHERE account_id = :account_id AND region = :region AND function = :function AND name = :id
"""


class SqliteRecords(Generic[Body]):
    """Durable records of `kind` in `database`, which is entered already; their bodies are of the type `body`."""

    def __init__(self, *, database: StateDatabase, kind: str, body: type[Body]) -> None:
        self._database, self._kind = database, kind
        self._decoder: msgspec.json.Decoder[Body] = msgspec.json.Decoder(body)

    async def create(self, key: RecordKey, body: Body) -> bool:
        """Add one; False when there is one already. Raises OwnerMissing, NoRoom."""
        values = self._columns(key, body)

        def create(connection: sqlite3.Connection) -> bool:
            _demand_owner(connection, values)
            return connection.execute(_CREATE, values).rowcount == 1

        return await self._database.write(create)

    async def put(self, key: RecordKey, body: Body, *, if_revision: int | None = None) -> bool:
        """Add it or store it in its place. Raises OwnerMissing, NoRoom."""
        values = self._columns(key, body) | {"if_revision": if_revision}

        def put(connection: sqlite3.Connection) -> bool:
            _demand_owner(connection, values)
            if connection.execute(_REPLACE, values).rowcount == 1:
                return True
            return if_revision is None and connection.execute(_CREATE, values).rowcount == 1

        return await self._database.write(put)

    async def get(self, key: RecordKey) -> Record[Body] | None:
        """Read one."""
        found = await self._read(_GET, self._named(key))
        return found[0] if found else None

    async def delete(self, key: RecordKey, *, if_revision: int | None = None) -> bool:
        """Remove it; False when there was none."""
        values = self._named(key) | {"if_revision": if_revision}
        return await self._database.write(
            lambda connection: connection.execute(_DELETE, values).rowcount == 1
        )

    async def page(
        self, *, account_id: str, region: str, function: str | None, marker: str, limit: int
    ) -> RecordPage[Body]:
        """List by function and id. Raises InvalidParameterValue for a bad marker."""
        after_function, _, after_id = name_of(marker).partition(":")
        found = await self._read(
            _PAGE,
            {
                "kind": self._kind,
                "account_id": account_id,
                "region": region,
                "only": function,
                "after_function": after_function,
                "after_id": after_id,
                "limit": limit + 1,
            },
        )
        items = found[:limit]
        more = len(found) > limit
        last = f"{items[-1].key.function}:{items[-1].key.id}" if more else ""
        return RecordPage(items=items, next_marker=marker_of(last) if more else "")

    async def all_of(self, function: FunctionKey) -> Sequence[Record[Body]]:
        """All of one function, by id."""
        page = await self.page(
            account_id=function.account_id,
            region=function.region,
            function=function.name,
            marker="",
            limit=_MOST,
        )
        return page.items

    async def everything(
        self, *, account_id: str | None = None, region: str | None = None
    ) -> Sequence[Record[Body]]:
        """All there are, of one account or region if it is given."""
        where = {"kind": self._kind, "account_id": account_id, "region": region}
        return await self._read(_EVERYTHING, {**where})

    async def _read(self, statement: str, values: _Values) -> list[Record[Body]]:
        return await self._database.read(
            lambda reader: [self._record(row) for row in reader.execute(statement, values)]
        )

    def _record(self, row: Sequence[Any]) -> Record[Body]:
        *key, revision, body = row
        return Record(key=RecordKey(*key), body=self._decoder.decode(body), revision=revision)

    def _named(self, key: RecordKey) -> _Values:
        return {"kind": self._kind, **key._asdict()}

    def _columns(self, key: RecordKey, body: Body) -> _Values:
        return self._named(key) | {"body": msgspec.json.encode(body).decode()}


class SqliteRecordStores:
    """`state.records.RecordStores` on `database`."""

    def __init__(self, *, database: StateDatabase) -> None:
        self._database = database

    def of(self, kind: str, body: type[Body]) -> SqliteRecords[Body]:
        """Those of `kind`, whose bodies are of the type `body`."""
        return SqliteRecords(database=self._database, kind=kind, body=body)


def _demand_owner(connection: sqlite3.Connection, values: _Values) -> None:
    """Raise OwnerMissing unless the function, version or alias that a record is kept of is there."""
    if not values["function"]:
        return
    qualifier = str(values["id"]) or LATEST
    number = version_number(qualifier)
    where = values | {"number": number}
    statement = _ALIAS if number < 0 else _VERSION
    if connection.execute(statement, where).fetchone() is None:
        raise OwnerMissing
