"""What an idle environment does between invocations: nothing; and what becomes of one that dies meanwhile."""

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.custom_runtimes import bring, probe
from tests.acceptance.daemon_process import DaemonProcess, alive, end
from tests.acceptance.functions import call, create
from tests.acceptance.waiting import eventually

CGROUPS = Path("/sys/fs/cgroup")
UNIFIED = next((p for p in [CGROUPS / "unified"] if p.exists()), CGROUPS)
pytestmark = [
    pytest.mark.promise("freezing"),
    pytest.mark.skipif(
        not (UNIFIED / "cgroup.procs").exists(), reason="what is frozen is read from cgroup2 here"
    ),
]
TICKING = """
import threading, time
ticks, last, longest = 0, time.monotonic(), 0.0
def tick():
    global ticks, last, longest
    while True:
        time.sleep(0.001)
        now = time.monotonic()
        ticks, last, longest = ticks + 1, now, max(longest, now - last)
threading.Thread(target=tick, daemon=True).start()
def handler(event, context):
    global longest
    before = ticks
    while ticks < before + 3:
        time.sleep(0.001)
    told, longest = {"before": before, "ticks": ticks, "longest": longest}, 0.0
    return told
"""


def frozen(daemon: DaemonProcess) -> list[int]:
    """The processes that stand still."""
    (instance,) = daemon.instances()
    groups = [
        events.parent
        for events in UNIFIED.glob(f"lambent-{instance}/*/*/cgroup.events")
        if "frozen 1" in events.read_text()
    ]
    texts = [(group / "cgroup.procs").read_text() for group in groups]
    return [int(pid) for text in texts for pid in text.split()]


def passed(seconds: float) -> None:
    until = time.monotonic() + seconds
    eventually(lambda: time.monotonic() > until)


def test_a_background_thread_stands_still_between_invocations(own_daemon: DaemonProcess) -> None:
    lam = own_daemon.client("lambda")
    create(lam, "ticking", TICKING)
    first, error = call(lam, "ticking")
    assert error == ""
    eventually(lambda: frozen(own_daemon))
    seen = time.monotonic()
    passed(0.3)
    asked = time.monotonic()
    second, error = call(lam, "ticking")
    assert error == ""
    assert second["longest"] >= asked - seen  # one gap, from before it was seen until it was asked
    assert first["ticks"] <= second["before"] < second["ticks"]


def test_a_program_that_waits_for_its_next_event_by_http_is_frozen_and_goes_on(
    own_daemon: DaemonProcess,
) -> None:
    lam = own_daemon.client("lambda")
    bring(lam, "native", probe())
    answers: list[Any] = []
    for number in range(3):
        answers.append(call(lam, "native", {"n": number}))
        eventually(lambda: frozen(own_daemon))
    assert [error for _, error in answers] == ["", "", ""]


@pytest.mark.parametrize("killed", ["runtime", "spawner", "edge", "edge and spawner"])
def test_a_death_around_a_frozen_environment_leaves_nothing(
    own_daemon: DaemonProcess, killed: str
) -> None:
    lam = own_daemon.client("lambda")
    create(lam, "kept", TICKING, Timeout=60)  # thawing waits for the spawner that comes after
    call(lam, "kept")
    eventually(lambda: frozen(own_daemon))
    still = frozen(own_daemon)
    processes = own_daemon.health()["processes"]
    os.kill(own_daemon.pid, signal.SIGSTOP)  # nobody is restarted before all are dead
    for name in killed.split(" and "):
        for pid in still if name == "runtime" else [processes[name]]:
            end(pid)
    os.kill(own_daemon.pid, signal.SIGCONT)
    if killed == "spawner":
        told, error = call(lam, "kept")
        assert error == ""
        assert told["before"] > 0  # the same environment
    else:
        eventually(lambda: not any(alive(pid) for pid in still))
        eventually(lambda: _works(own_daemon))


def test_a_killed_supervisor_takes_frozen_environments_with_it(own_daemon: DaemonProcess) -> None:
    lam = own_daemon.client("lambda")
    create(lam, "left", TICKING)
    call(lam, "left")
    eventually(lambda: frozen(own_daemon))
    below = own_daemon.descendants()
    own_daemon.kill()
    eventually(lambda: not any(alive(pid) for pid in below))
    own_daemon.start()
    assert call(own_daemon.client("lambda"), "left")[1] == ""


def _works(daemon: DaemonProcess) -> bool:
    try:
        return call(daemon.client("lambda"), "kept")[1] == ""
    except Exception:
        return False
