"""Giving a data directory away as root, among what may have been laid there on purpose."""

import os
from pathlib import Path

import pytest

from lambent.daemon.daemon_user import DaemonUser
from lambent.daemon.data_dir import DataDir
from lambent.daemon.failure import StartFailure

USER, OTHER = DaemonUser(uid=70_001, gid=70_002), DaemonUser(uid=70_003, gid=70_003)

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away"),
]


def owner(path: Path) -> tuple[int, int]:
    return path.lstat().st_uid, path.lstat().st_gid


def given_to(path: Path, user: DaemonUser) -> None:
    data_dir = DataDir(path)
    try:
        data_dir.give_to(user)
    finally:
        data_dir.release()


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A data directory as a daemon left it that ran as root."""
    data = tmp_path / "data"
    for room in ("blobs", "trees", "spool", "keys", "log", "sdk", "runtimes/node/22.1.0/bin"):
        (data / room).mkdir(parents=True, mode=0o700)
    (data / "trees/a/lib").mkdir(parents=True)
    for name in ("lock", "state.db", "state.db-wal", "keys/master", "keys/data", "log/lambent.log"):
        (data / name).write_text(name)
        (data / name).chmod(0o600)
    (data / "trees/a/lib/link").symlink_to("/etc/passwd")
    (data / "trees/a/lib/code.py").write_text("")
    (data / "trees/a/lib/code.py").chmod(0o444)
    (data / "runtimes/node/22.1.0/bin/node").write_text("")
    return data


def test_an_old_data_directory_is_taken_over_but_for_what_stays_roots(old: Path) -> None:
    given_to(old, USER)
    roots = {"lock", "spool", "log", "log/lambent.log", "keys", "keys/master", "keys/data"}
    for path in [old, *old.rglob("*")]:
        if str(path.relative_to(old)) not in roots:
            assert owner(path) == (USER.uid, USER.gid), path
    assert owner(old / "lock") == owner(old / "spool") == (0, 0)
    assert owner(old / "log") == owner(old / "log/lambent.log") == (0, USER.gid)
    assert (old / "log").stat().st_mode & 0o7777 == 0o2770
    assert (old / "log/lambent.log").stat().st_mode & 0o777 == 0o660
    assert (old / "trees/a/lib/code.py").stat().st_mode & 0o777 == 0o444
    assert owner(old / "keys") == owner(old / "keys/master") == (0, USER.gid)
    assert (old / "keys").stat().st_mode & 0o777 == 0o750
    assert (old / "keys/master").stat().st_mode & 0o777 == 0o640
    assert owner(old / "keys/data") == (0, 0)
    assert (old / "keys/data").stat().st_mode & 0o777 == 0o600
    assert owner(Path("/etc/passwd")) == (0, 0)


def test_what_was_interrupted_or_made_by_root_since_is_finished_by_the_next_start(
    old: Path,
) -> None:
    given_to(old, USER)
    os.chown(old / "trees/a", 0, 0)  # its content comes first: as if ended just before it
    os.chown(old / "runtimes/node/22.1.0", 0, 0)
    os.chown(old / "runtimes/node/22.1.0/bin/node", 0, 0)
    os.chown(old / "state.db-wal", 0, 0)
    given_to(old, USER)
    strays = [path for path in (old / "trees", old / "runtimes") for path in path.rglob("*")]
    assert {owner(path) for path in strays} == {(USER.uid, USER.gid)}
    assert owner(old / "state.db-wal") == (USER.uid, USER.gid)


def test_another_user_gets_everything(old: Path) -> None:
    given_to(old, USER)
    given_to(old, OTHER)
    assert owner(old) == owner(old / "trees/a/lib/link") == (OTHER.uid, OTHER.gid)
    assert owner(old / "log/lambent.log") == (0, OTHER.gid)


def test_what_a_link_leads_to_is_not_given_away(old: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_text("")
    (old / "trees/out").symlink_to(secret)
    (old / "log/lambent.log.1").symlink_to(secret / "file")
    given_to(old, USER)
    assert owner(old / "trees/out") == (USER.uid, USER.gid)
    assert owner(secret) == owner(secret / "file") == (0, 0)


@pytest.mark.parametrize("place", ["trees/a/code", "state.db", "log/lambent.log.1", "keys/master"])
def test_a_file_with_another_name_is_not_given_away(old: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "secret").write_text("")
    (old / place).unlink(missing_ok=True)
    (old / place).hardlink_to(tmp_path / "secret")
    with pytest.raises(StartFailure, match="has another name elsewhere"):
        given_to(old, USER)
    assert owner(tmp_path / "secret") == (0, 0)


@pytest.mark.parametrize("room", ["trees", "log", "spool", "blobs", "keys", "lock"])
def test_a_room_that_is_a_link_is_refused(old: Path, tmp_path: Path, room: str) -> None:
    outside = tmp_path / "outside"
    (old / room).rename(outside)
    (old / room).symlink_to(outside)
    with pytest.raises(StartFailure, match="Cannot use the data directory"):
        given_to(old, USER)
    assert owner(outside) == (0, 0)


def test_a_directory_with_other_things_in_it_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "passwd").write_text("")
    (tmp_path / "lock").mkdir()
    with pytest.raises(StartFailure, match="holds other things than lambent's data"):
        DataDir(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"passwd", "lock"}


def test_the_top_of_a_file_system_and_a_start_that_was_cut_short_are_as_good_as_empty(
    tmp_path: Path,
) -> None:
    for name in ("lost+found", "blobs", "runtimes"):
        (tmp_path / name).mkdir()
    for name in ("lock", "state.db", "logs.db-wal"):
        (tmp_path / name).write_text("1")
    given_to(tmp_path, USER)
    assert owner(tmp_path) == (USER.uid, USER.gid)
