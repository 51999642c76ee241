"""`kill -9` of every process, under load: back soon, nothing acknowledged is lost, nothing is left."""

import threading
from typing import Any

import pytest

from tests.acceptance.daemon_process import DaemonProcess, alive, end
from tests.acceptance.functions import call, create
from tests.acceptance.load import ECHO, Load
from tests.acceptance.waiting import eventually


@pytest.mark.parametrize("name", ["control", "spawner", "edge"])
def test_a_process_that_is_killed_comes_back(own_daemon: DaemonProcess, name: str) -> None:
    lam = own_daemon.client("lambda")
    create(lam, "echo", ECHO)
    call(lam, "echo", 1)
    with Load(own_daemon) as load:
        eventually(lambda: load.calls > 20)
        old = own_daemon.health()["processes"][name]
        end(old)
        eventually(lambda: _back(own_daemon, name, old), within_seconds=10)
        before = load.calls
        eventually(lambda: load.calls > before + 20)
    assert load.wrong == []
    if name != "edge":
        assert load.failed == []
    create(lam, f"after-{name}", ECHO)
    assert call(lam, f"after-{name}", 2) == (2, "")
    names = [f["FunctionName"] for f in lam.list_functions()["Functions"]]
    assert names == sorted(["echo", f"after-{name}"])


def _back(daemon: DaemonProcess, name: str, old: int) -> bool:
    try:
        health = daemon.health()
        listed = daemon.client("lambda").list_functions()["Functions"]
    except Exception:
        return False
    return bool(listed) and health["processes"].get(name) not in (None, old)


def test_an_environment_that_runs_survives_the_spawners_death(own_daemon: DaemonProcess) -> None:
    lam = own_daemon.client("lambda")
    create(
        lam,
        "long",
        "import time\ncount = 0\ndef handler(e, c):\n    global count\n    count += 1\n    time.sleep(e)\n    return count\n",
        Timeout=30,
    )
    assert call(lam, "long", 0) == (1, "")
    results: list[Any] = []
    caller = threading.Thread(target=lambda: results.append(call(lam, "long", 2)))
    caller.start()
    old = own_daemon.health()["processes"]["spawner"]
    end(old)
    eventually(lambda: _back(own_daemon, "spawner", old), within_seconds=10)
    caller.join()
    assert results == [(2, "")]
    assert call(lam, "long", 0) == (3, "")


def test_everything_killed_at_once_loses_no_function(own_daemon: DaemonProcess) -> None:
    lam = own_daemon.client("lambda")
    for number in range(5):
        create(lam, f"kept-{number}", ECHO)
    call(lam, "kept-0", 1)
    below = own_daemon.descendants()
    own_daemon.kill()
    for pid in below:
        end(pid)
    eventually(lambda: not any(alive(pid) for pid in below))
    own_daemon.start()
    lam = own_daemon.client("lambda")
    assert len(lam.list_functions()["Functions"]) == 5
    assert call(lam, "kept-4", 7) == (7, "")


def test_a_supervisor_that_is_killed_takes_everything_with_it(own_daemon: DaemonProcess) -> None:
    lam = own_daemon.client("lambda")
    create(lam, "echo", ECHO)
    call(lam, "echo", 1)
    below = own_daemon.descendants()
    assert len(below) >= 4
    own_daemon.kill()
    eventually(lambda: not any(alive(pid) for pid in below))
    own_daemon.start()
    assert call(own_daemon.client("lambda"), "echo", 3) == (3, "")


def test_two_daemons_never_touch_each_other(
    daemon: DaemonProcess, own_daemon: DaemonProcess
) -> None:
    create(daemon.client("lambda"), "echo", ECHO)
    create(own_daemon.client("lambda"), "echo", ECHO)
    with Load(daemon) as load:
        eventually(lambda: load.calls > 10)
        assert call(own_daemon.client("lambda"), "echo", 1) == (1, "")
        below = own_daemon.descendants()
        own_daemon.kill()
        for pid in below:
            end(pid)
        own_daemon.start()
        assert call(own_daemon.client("lambda"), "echo", 2) == (2, "")
    assert load.wrong == []
    assert load.failed == []
