"""The janitor empties what it is given, however it was filled, and is replaced when it dies."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.sandbox.spawner.janitor import Janitor, empty
from lambent.sandbox.spawner.reactor import Reactor


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "full").mkdir()
    descriptor = os.open(tmp_path / "full", os.O_RDONLY)
    yield descriptor
    os.close(descriptor)


def dig(directory: int, depth: int) -> None:
    """Make directories in directories, deeper than any path may be long."""
    below = os.dup(directory)
    for n in range(depth):
        os.mkdir("directory", dir_fd=below)
        os.close(os.open(f"f{n}", os.O_WRONLY | os.O_CREAT, dir_fd=below))
        deeper = os.open("directory", os.O_RDONLY, dir_fd=below)
        os.close(below)
        below = deeper
    os.close(below)


def test_what_is_deeper_than_a_path_can_say_goes_too(directory: int) -> None:
    dig(directory, 1_100)
    empty(directory)
    assert os.listdir(directory) == []


def test_links_are_removed_and_not_followed(directory: int, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").touch()
    os.symlink("../kept", "link", dir_fd=directory)
    os.mkdir("d", dir_fd=directory)
    os.symlink("../../kept", "d/link", dir_fd=directory)
    empty(directory)
    assert os.listdir(directory) == []
    assert (tmp_path / "kept" / "file").exists()


def test_everything_given_is_wiped_when_it_closes(tmp_path: Path) -> None:
    janitor = Janitor(reactor=Reactor(), spared=())
    for n in range(40):
        (tmp_path / str(n) / "a" / "b").mkdir(parents=True)
        janitor.wipe(os.open(tmp_path / str(n), os.O_RDONLY))
    janitor.close()
    assert [list(each.iterdir()) for each in tmp_path.iterdir()] == [[]] * 40


def test_a_janitor_that_dies_is_replaced(tmp_path: Path) -> None:
    janitor = Janitor(reactor=Reactor(), spared=())
    (tmp_path / "first").mkdir()
    janitor.wipe(os.open(tmp_path / "first", os.O_RDONLY))
    dead = janitor._pid
    os.kill(dead, signal.SIGKILL)
    os.waitid(os.P_PID, dead, os.WEXITED | os.WNOWAIT)
    (tmp_path / "full" / "a").mkdir(parents=True)
    janitor.wipe(os.open(tmp_path / "full", os.O_RDONLY))
    assert janitor._pid != dead
    janitor.close()
    assert list((tmp_path / "full").iterdir()) == []


def test_it_is_not_there_before_it_is_needed() -> None:
    janitor = Janitor(reactor=Reactor(), spared=())
    assert janitor._pid == 0
    janitor.close()


def test_what_lies_on_a_file_system_of_the_host_is_spared(tmp_path: Path) -> None:
    (tmp_path / "the host's").write_text("dear")
    janitor = Janitor(reactor=Reactor(), spared=(str(tmp_path),))
    janitor.wipe(os.open(tmp_path, os.O_RDONLY))
    janitor.close()
    assert (tmp_path / "the host's").read_text() == "dear"
