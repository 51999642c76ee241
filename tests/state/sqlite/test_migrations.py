"""Migrations ride in the package, in order."""

import sqlite3
from pathlib import Path

from lambent.state.sqlite.database import open_writer
from lambent.state.sqlite.migrations import migrations


def test_the_state_database_is_made_by_its_migrations(tmp_path: Path) -> None:
    connection = open_writer(tmp_path / "state.db", migrations("state"))
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert {"version", "alias", "record"} <= tables


def test_a_migration_runs_once(tmp_path: Path) -> None:
    steps = ["CREATE TABLE a (x TEXT);", "CREATE TABLE b (x TEXT);"]
    open_writer(tmp_path / "x.db", steps[:1]).close()
    connection = open_writer(tmp_path / "x.db", steps)
    assert connection.execute("PRAGMA user_version").fetchone() == (2,)
    assert isinstance(connection, sqlite3.Connection)
    connection.close()
