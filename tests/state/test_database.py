"""Opening a database, whatever its path."""

import sqlite3
from pathlib import Path

import pytest

from lambent.state.sqlite.database import SchemaTooNew, open_reader, open_writer

MIGRATIONS = ["CREATE TABLE thing (name TEXT NOT NULL);", "INSERT INTO thing VALUES ('made');"]


@pytest.mark.parametrize("name", ["plain.db", "50% of what?.db", "a#b &c.db"])
def test_a_reader_finds_what_the_writer_made(tmp_path: Path, name: str) -> None:
    writer = open_writer(tmp_path / name, MIGRATIONS)
    reader = open_reader(tmp_path / name)
    assert reader.execute("SELECT name FROM thing").fetchall() == [("made",)]
    reader.close()
    writer.close()


def test_a_reader_never_writes_nor_makes_a_database(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        open_reader(tmp_path / "missing.db")
    assert list(tmp_path.iterdir()) == []


def test_each_migration_is_made_once(tmp_path: Path) -> None:
    open_writer(tmp_path / "a.db", MIGRATIONS[:1]).close()
    open_writer(tmp_path / "a.db", MIGRATIONS).close()
    again = open_writer(tmp_path / "a.db", MIGRATIONS)
    assert again.execute("SELECT count(*) FROM thing").fetchone() == (1,)
    again.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    open_writer(tmp_path / "a.db", MIGRATIONS).close()
    with pytest.raises(SchemaTooNew, match="schema 2, this lambent knows 1"):
        open_writer(tmp_path / "a.db", MIGRATIONS[:1])


def test_a_migration_that_fails_leaves_nothing_of_itself(tmp_path: Path) -> None:
    broken = [MIGRATIONS[0], "INSERT INTO thing VALUES ('half'); INSERT INTO nowhere VALUES (1);"]
    with pytest.raises(sqlite3.OperationalError):
        open_writer(tmp_path / "a.db", broken)
    whole = open_writer(tmp_path / "a.db", MIGRATIONS)
    assert whole.execute("SELECT name FROM thing").fetchall() == [("made",)]
    whole.close()
