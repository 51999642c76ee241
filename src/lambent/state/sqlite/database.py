"""Opens a SQLite database for durable use and brings its schema up to date."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote


class SchemaTooNew(Exception):
    """The database was written by a newer lambent; the text says so."""


def open_writer(path: Path, migrations: Sequence[str]) -> sqlite3.Connection:
    """Open the one writing connection of `path`: WAL, `synchronous=FULL` (NORMAL loses acknowledged commits).

    Migration N of `migrations` brings the schema from N to N+1, each in one transaction. The connection is in autocommit
    mode: say BEGIN IMMEDIATE and COMMIT. It may be used from another thread than the one that opened it, by one at a time.
    Raises SchemaTooNew, sqlite3.Error.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA busy_timeout = 5000")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA foreign_keys = ON")
    try:
        _migrate(connection, path, migrations)
    except BaseException:
        connection.close()
        raise
    return connection


def _migrate(connection: sqlite3.Connection, path: Path, migrations: Sequence[str]) -> None:
    (have,) = connection.execute("PRAGMA user_version").fetchone()
    if have > len(migrations):
        raise SchemaTooNew(
            f"{path} has schema {have}, this lambent knows {len(migrations)}: use the newer lambent that wrote it"
        )
    for number in range(have, len(migrations)):
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{migrations[number]}\nPRAGMA user_version = {number + 1};\nCOMMIT;"
        )


def open_reader(path: Path) -> sqlite3.Connection:
    """Open a connection that only reads. Raises sqlite3.OperationalError while there is no database yet."""
    connection = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA busy_timeout = 5000")
    return connection
