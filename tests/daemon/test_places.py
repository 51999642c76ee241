"""Where a daemon lives: data directory, instance, port."""

import json
import os
import socket
import subprocess
from collections.abc import Collection, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from lambent.daemon.daemon_user import DaemonUser
from lambent.daemon.data_dir import DataDir
from lambent.daemon.failure import StartFailure
from lambent.daemon.instance import FIRST_UID, SLOTS, UIDS_PER_SLOT, Instance, Instances
from lambent.daemon.ports import holder, listeners
from lambent.daemon.status import StatusFile


class Sweeps:
    """Remembers which instances were swept; refuses those that it is told to."""

    def __init__(self) -> None:
        self.swept: list[str] = []
        self.refused: set[str] = set()

    def __call__(self, instance: str) -> None:
        if instance in self.refused:
            raise OSError(16, "Device or resource busy")
        self.swept.append(instance)


@pytest.fixture
def sweeps() -> Sweeps:
    return Sweeps()


@pytest.fixture
def instances(tmp_path: Path, sweeps: Sweeps) -> Instances:
    return Instances(sweep=sweeps, run_root=tmp_path / "run")


@pytest.fixture
def taken(instances: Instances, tmp_path: Path) -> Iterator[Instance]:
    instance = instances.take(tmp_path / "one")
    yield instance
    instances.give_back(instance)


def abandon(instance: Instance) -> None:
    os.close(instance.lock)  # as the kernel does when the daemon is killed


def test_a_data_directory_is_made_private_with_its_rooms(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "a/b")
    assert (tmp_path / "a/b").stat().st_mode & 0o777 == 0o700
    assert {"blobs", "trees", "spool", "processes", "keys", "sdk", "log", "lock"} == {
        p.name for p in data_dir.path.iterdir()
    }
    assert (data_dir.path / "lock").read_text() == f"{os.getpid()}\n"
    data_dir.release()


def test_a_released_data_directory_can_be_taken_again(tmp_path: Path) -> None:
    DataDir(tmp_path).release()
    DataDir(tmp_path).release()


def test_a_file_in_the_place_of_a_data_directory_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file/below"):
        with pytest.raises(StartFailure) as caught:
            DataDir(path)
        assert str(caught.value) == f"Cannot use the data directory {path}: it is not a directory."


@pytest.mark.root
def test_another_users_empty_directory_is_taken_over_and_a_full_one_refused(
    tmp_path: Path,
) -> None:
    os.chown(tmp_path, 1234, 1234)
    (tmp_path / "mine").write_text("")
    with pytest.raises(StartFailure, match="belongs to another user and is not empty"):
        DataDir(tmp_path)
    assert tmp_path.stat().st_uid == 1234
    (tmp_path / "mine").unlink()
    data_dir = DataDir(tmp_path)
    data_dir.give_to(DaemonUser(uid=4321, gid=4321))
    data_dir.release()
    assert tmp_path.stat().st_uid == 4321


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(disk)], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.root
def test_a_full_disk_is_told_at_the_start(small_disk: Path) -> None:
    with pytest.raises(StartFailure) as caught:
        DataDir(small_disk / "data")
    assert str(caught.value) == (
        f"Cannot use the data directory {small_disk / 'data'}: the disk is full."
    )


@pytest.mark.root
def test_a_read_only_disk_is_told_at_the_start(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(StartFailure, match="the file system is read-only"):
        DataDir(small_disk / "data")


def test_an_instance_has_a_short_id_of_its_data_directory(
    instances: Instances, tmp_path: Path
) -> None:
    first = instances.take(tmp_path / "data")
    instances.give_back(first)
    (tmp_path / "link").symlink_to(tmp_path)
    again = instances.take(tmp_path / "link/data")
    assert again.id == first.id
    assert len(first.id) == 6
    int(first.id, 16)
    instances.give_back(again)


def test_the_daemons_user_gets_to_its_part_of_the_run_directory_whatever_the_umask(
    sweeps: Sweeps, tmp_path: Path
) -> None:
    before = os.umask(0o077)
    try:
        instances = Instances(sweep=sweeps, run_root=tmp_path / "run")
        instance = instances.take(tmp_path / "data")
    finally:
        os.umask(before)
    assert (tmp_path / "run").stat().st_mode & 0o111 == 0o111
    assert instance.run_dir.stat().st_mode & 0o777 == 0o710
    assert instance.own_dir.stat().st_mode & 0o777 == 0o700
    assert json.loads((instance.run_dir / "instance.json").read_text())["uid"] == os.geteuid()
    instances.give_back(instance)


@pytest.mark.root
def test_a_live_daemons_uid_is_told_to_whoever_chooses_the_next_ones(
    sweeps: Sweeps, tmp_path: Path
) -> None:
    told: list[set[int]] = []

    def choose(_data_dir: Path, taken: Collection[int]) -> DaemonUser:
        told.append(set(taken))
        return DaemonUser(uid=70_001 + len(told), gid=70_000)

    instances = Instances(sweep=sweeps, run_root=tmp_path / "run", choose=choose)
    live = [instances.take(tmp_path / name) for name in ("one", "two")]
    assert told == [set(), {70_002}]
    assert live[0].own_dir.stat().st_uid == 70_002
    assert (live[0].run_dir.stat().st_uid, live[0].run_dir.stat().st_gid) == (0, 70_000)
    for instance in live:
        instances.give_back(instance)


def test_each_live_instance_has_a_slot_and_a_range_of_uids_of_its_own(
    instances: Instances, tmp_path: Path
) -> None:
    live = [instances.take(tmp_path / str(n)) for n in range(SLOTS)]
    assert [i.first_uid for i in live] == [FIRST_UID + n * UIDS_PER_SLOT for n in range(SLOTS)]
    assert live[-1].first_uid + UIDS_PER_SLOT < 2**32 - 1
    with pytest.raises(StartFailure, match="35 lambent daemons run on this host"):
        instances.take(tmp_path / "more")
    instances.give_back(live.pop(3))
    again = instances.take(tmp_path / "more")
    assert again.slot == 3
    for instance in (*live, again):
        instances.give_back(instance)


def test_an_instance_whose_daemon_is_gone_is_swept_and_its_place_is_free(
    instances: Instances, sweeps: Sweeps, taken: Instance, tmp_path: Path
) -> None:
    dead = instances.take(tmp_path / "dead")
    abandon(dead)
    fresh = instances.take(tmp_path / "fresh")
    assert sweeps.swept == [dead.id]
    assert not dead.run_dir.exists()
    assert fresh.slot == dead.slot
    assert taken.run_dir.exists()
    instances.give_back(fresh)


def test_what_cannot_be_swept_is_left_for_the_next_start_and_its_id_not_given_again(
    instances: Instances, sweeps: Sweeps, tmp_path: Path
) -> None:
    dead = instances.take(tmp_path / "data")
    abandon(dead)
    sweeps.refused.add(dead.id)
    fresh = instances.take(tmp_path / "data")
    assert fresh.id != dead.id
    assert dead.run_dir.exists()
    sweeps.refused.clear()
    instances.give_back(fresh)
    instances.give_back(instances.take(tmp_path / "data"))
    assert not dead.run_dir.exists()


def test_giving_back_sweeps_and_removes_the_run_directory(
    instances: Instances, sweeps: Sweeps, tmp_path: Path
) -> None:
    instance = instances.take(tmp_path)
    instances.give_back(instance)
    assert sweeps.swept == [instance.id]
    assert not instance.run_dir.exists()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_ipv4_loopback_is_listened_on_in_ipv6_too() -> None:
    sockets = listeners("127.0.0.1", 0)
    try:
        port = sockets[0].getsockname()[1]
        assert [s.getsockname()[:2] for s in sockets] == [("127.0.0.1", port), ("::1", port)]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port)).close()
        assert not any(s.get_inheritable() for s in sockets)
        assert not any(s.getblocking() for s in sockets)
    finally:
        for listener in sockets:
            listener.close()


def test_an_ipv6_port_that_is_taken_is_refused_as_well() -> None:
    port = free_port()
    with socket.create_server(("::1", port), family=socket.AF_INET6):
        with pytest.raises(StartFailure, match=f"Port {port} on ::1 is taken by .* {os.getpid()}"):
            listeners("127.0.0.1", port)
        socket.create_server(("127.0.0.1", port)).close()  # nothing was left open


def test_an_address_of_another_host_is_told() -> None:
    with pytest.raises(StartFailure) as caught:
        listeners("192.0.2.1", 0)
    assert str(caught.value) == "192.0.2.1 is not an address of this host; see --bind."


def test_nobody_holds_a_free_port() -> None:
    assert holder(free_port()) is None


def test_a_restarted_daemon_gets_its_port_back_at_once() -> None:
    port = free_port()
    with ExitStack() as held:
        sockets = [held.enter_context(closing(s)) for s in listeners("127.0.0.1", port)]
        first = sockets[0]
        client = socket.create_connection(("127.0.0.1", port))
        first.setblocking(True)
        served, _ = first.accept()
        served.close()  # the server's side waits in TIME_WAIT now
        client.close()
    for again in listeners("127.0.0.1", port):
        again.close()


def test_the_status_is_replaced_whole_and_only_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    status = StatusFile(path)
    status.write(processes={"edge": 7}, restarts={"edge": 0}, looping=[])
    assert json.loads(path.read_text()) == {
        "status": "ok",
        "processes": {"edge": 7},
        "restarts": {"edge": 0},
        "crash_looping": [],
    }
    first = path.stat().st_ino
    status.write(processes={"edge": 7}, restarts={"edge": 0}, looping=[])
    assert path.stat().st_ino == first
    status.write(processes={}, restarts={"edge": 3}, looping=["edge"])
    assert json.loads(path.read_text())["status"] == "degraded"
    assert [p.name for p in tmp_path.iterdir()] == ["status.json"]


def test_a_status_that_cannot_be_written_does_not_end_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / "later/status.json"
    status = StatusFile(path)
    status.write(processes={}, restarts={}, looping=[])
    path.parent.mkdir()
    status.write(processes={}, restarts={}, looping=[])
    assert path.exists()
