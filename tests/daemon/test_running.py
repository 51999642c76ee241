"""Finding the daemon of a data directory, whoever else may write there; this process plays the daemon."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lambent.daemon.running import NoDaemon, RunningDaemon


@pytest.fixture
def lock(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "lock"
    with path.open("w") as held:
        held.write(f"{os.getpid()}\n")
        held.flush()
        yield path


def test_who_has_the_lock_open_that_names_it_is_the_daemon(lock: Path) -> None:
    with closing(RunningDaemon(lock.parent)) as daemon:
        assert daemon.pid == os.getpid()
        assert not daemon.gone(0)


def test_a_lock_that_leads_elsewhere_names_no_daemon(lock: Path) -> None:
    lock.rename(lock.with_name("real"))
    lock.symlink_to("real")
    with pytest.raises(NoDaemon):
        RunningDaemon(lock.parent)


def test_a_lock_that_has_another_name_is_no_daemons(lock: Path) -> None:
    lock.with_name("other").hardlink_to(lock)
    with pytest.raises(NoDaemon):
        RunningDaemon(lock.parent)


@pytest.mark.root
def test_a_lock_of_another_user_than_its_daemon_is_no_daemons(lock: Path) -> None:
    os.chown(lock, 4321, 4321)
    with pytest.raises(NoDaemon):
        RunningDaemon(lock.parent)


def test_without_a_lock_there_is_no_daemon(tmp_path: Path) -> None:
    with pytest.raises(NoDaemon):
        RunningDaemon(tmp_path)
