"""The supervisor over real processes; what runs in it is fake."""

import os
import random
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.daemon.stage import Stage, alive, await_end, stage


def links_of(pid: int) -> list[str]:
    return [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()]


def sockets_of(pid: int) -> set[str]:
    return {link for link in links_of(pid) if link.startswith("socket:")}


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path) as made:
        yield made


def test_every_program_is_started_and_shown_by_its_pid(daemon: Stage) -> None:
    pids = daemon.start().until_all_run()
    status = daemon.await_status(lambda s: len(s["processes"]) == 3)
    assert status["processes"] == pids
    assert status["status"] == "ok"


@pytest.mark.parametrize("name", ["spawner", "control", "edge"])
def test_a_killed_program_is_started_again_and_the_others_are_left_alone(
    daemon: Stage, name: str
) -> None:
    pids = daemon.start().until_all_run()
    os.kill(pids[name], signal.SIGKILL)
    again = daemon.until(f"{name} started")[f"{name} started"]
    status = daemon.await_status(lambda s: s["processes"].get(name) == again)
    assert status["processes"] == pids | {name: again}
    assert status["restarts"][name] == 1
    assert again != pids[name]


def test_programs_killed_at_random_all_run_again(daemon: Stage) -> None:
    pids = daemon.start().until_all_run()
    chance = random.Random(7)
    for _ in range(8):
        name = chance.choice(sorted(pids))
        os.kill(pids[name], chance.choice([signal.SIGKILL, signal.SIGSEGV]))
        pids[name] = daemon.until(f"{name} started")[f"{name} started"]
    daemon.await_status(lambda s: s["processes"] == pids)


def test_a_crash_loop_makes_the_status_degraded_and_is_logged_with_its_reason(
    daemon: Stage,
) -> None:
    daemon.start(manners=("crashing", "calm", "calm"))
    status = daemon.await_status(lambda s: s["status"] == "degraded")
    assert status["crash_looping"] == ["spawner"]
    log = daemon.stop()
    assert "ERROR supervisor" in log
    assert "spawner crash-loops: it ended with status 3" in log


def test_what_a_killed_program_leaves_behind_is_adopted_and_ended_with_the_daemon(
    daemon: Stage,
) -> None:
    daemon.start(manners=("parent", "calm", "calm"))
    events = daemon.until("spawner started", "control started", "edge started")
    orphan = next(int(e.rpartition("-")[2]) for e in events if "has-child" in e)
    os.kill(events["spawner started"], signal.SIGKILL)
    daemon.until("spawner started")
    assert alive(orphan)
    assert daemon.daemon is not None
    parent = Path(f"/proc/{orphan}/stat").read_text().rpartition(")")[2].split()[1]
    assert int(parent) == daemon.daemon.pid
    daemon.stop()
    assert not Path(f"/proc/{orphan}").exists()


def test_an_adopted_orphan_that_ends_is_reaped(daemon: Stage) -> None:
    daemon.start(manners=("parent", "calm", "calm"))
    events = daemon.until("spawner started", "control started", "edge started")
    orphan = next(int(e.rpartition("-")[2]) for e in events if "has-child" in e)
    os.kill(events["spawner started"], signal.SIGKILL)
    daemon.until("spawner started")
    os.kill(orphan, signal.SIGKILL)
    while Path(f"/proc/{orphan}").exists():  # until it is no zombie any more
        os.sched_yield()


def test_sigterm_ends_edge_then_control_then_spawner_then_sweeps_and_removes_the_run_directory(
    daemon: Stage,
) -> None:
    pids = daemon.start().until_all_run()
    (run_dir,) = (path for path in daemon.run_root.iterdir() if path.is_dir())
    daemon.stop()
    assert [daemon.next() for _ in range(4)] == [
        ("edge", "terminated", pids["edge"]),
        ("control", "terminated", pids["control"]),
        ("spawner", "terminated", pids["spawner"]),
        ("sweep", run_dir.name, 0),
    ]
    assert daemon.daemon is not None
    assert daemon.daemon.returncode == 0
    assert not run_dir.exists()


def test_a_program_that_ignores_sigterm_is_killed_after_its_grace(daemon: Stage) -> None:
    pids = daemon.start(manners=("calm", "calm", "stubborn")).until_all_run()
    daemon.stop()
    assert daemon.daemon is not None
    assert daemon.daemon.returncode == 0
    assert not any(alive(pid) for pid in pids.values())


def test_a_second_sigint_kills_at_once_what_is_still_draining(daemon: Stage) -> None:
    daemon.start(manners=("calm", "calm", "draining")).until_all_run()
    assert daemon.daemon is not None
    daemon.daemon.send_signal(signal.SIGINT)
    daemon.until("edge terminated")
    daemon.stop(signal.SIGINT)
    assert daemon.daemon.returncode == 0
    assert daemon.next()[0] == "sweep"  # control and spawner got no time to say anything


def test_programs_die_with_a_killed_supervisor_and_the_next_start_sweeps(daemon: Stage) -> None:
    pids = daemon.start().until_all_run()
    (run_dir,) = (path for path in daemon.run_root.iterdir() if path.is_dir())
    daemon.stop(signal.SIGKILL)
    for pid in pids.values():
        await_end(pid)
    daemon.start()
    assert daemon.next() == ("sweep", run_dir.name, 0)
    daemon.until_all_run()
    assert run_dir.exists()  # the same data directory has the same id again


def test_two_daemons_with_data_directories_of_their_own_live_side_by_side(tmp_path: Path) -> None:
    run_root = tmp_path / "run"
    with (
        stage(tmp_path / "one", run_root=run_root) as one,
        stage(tmp_path / "two", run_root=run_root) as two,
    ):
        one.start().until_all_run()
        pids = two.start().until_all_run()
        places = [path for path in run_root.iterdir() if path.is_dir()]
        assert len(places) == 2
        one.stop()
        assert all(alive(pid) for pid in pids.values())
        assert two.status()["processes"] == pids
        two.stop()


def test_a_second_daemon_on_a_data_directory_is_refused_and_names_the_first(
    daemon: Stage,
) -> None:
    daemon.start().until_all_run()
    assert daemon.daemon is not None
    second = daemon.popen()
    message = second.communicate()[1]
    assert second.returncode == 1
    assert message.strip() == (
        f"lambent: Another lambent (process {daemon.daemon.pid}) uses the data directory "
        f"{daemon.data_dir}; stop it first or choose another with --data-dir."
    )


def test_a_busy_port_is_refused_and_names_who_has_it(daemon: Stage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = daemon.popen(port=port)
        message = refused.communicate()[1]
    assert refused.returncode == 1
    name = Path("/proc/self/comm").read_text().strip()
    assert message.strip() == (
        f"lambent: Port {port} on 127.0.0.1 is taken by {name} (process {os.getpid()}); "
        "stop that or choose another with --port."
    )


def test_a_restarted_edge_inherits_the_same_listeners(daemon: Stage) -> None:
    first = daemon.start().until_all_run()["edge"]
    listeners = sockets_of(first)
    os.kill(first, signal.SIGKILL)
    again = daemon.until("edge started")["edge started"]
    assert listeners
    assert sockets_of(again) == listeners


def test_only_the_edge_inherits_the_listeners_and_nobody_the_locks(daemon: Stage) -> None:
    pids = daemon.start().until_all_run()
    for name, pid in pids.items():
        assert not [link for link in links_of(pid) if link.endswith("/lock")]
        assert bool(sockets_of(pid)) == (name == "edge")
