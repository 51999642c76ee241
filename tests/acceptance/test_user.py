"""Edge and control are of a user of their own: what that user is kept from, and that nothing is lost by it."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import ROOT, DaemonProcess, end, free_port
from tests.acceptance.functions import call, create, zipped
from tests.acceptance.waiting import eventually

NO_POWERS = {
    **{f"Cap{name}": "0" * 16 for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")},
    "NoNewPrivs": "1",
    "Groups": "",
}
pytestmark = pytest.mark.root
LARGEST_LOG = 10 * 1024 * 1024


def status_of(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {
        name: " ".join(text.split()) for name, _, text in (line.partition(":") for line in lines)
    }


def uid_of(daemon: DaemonProcess) -> int:
    """The one uid of edge and control, once they are seen to have nothing else."""
    processes = daemon.health()["processes"]
    found = [status_of(processes[name]) for name in ("edge", "control")]
    for status in found:
        assert {name: status[name] for name in NO_POWERS} == NO_POWERS
    (uids,) = {status["Uid"] for status in found}
    (uid,) = set(uids.split())
    return int(uid)


def read_as(uid: int, *paths: object) -> list[str]:
    """What the user may read of `paths`: one answer each."""
    return [
        subprocess.run(
            ["head", "-c1", str(path)],
            user=uid,
            group=uid,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        )
        .stderr.rpartition(": ")[2]
        .strip()
        for path in paths
    ]


def test_edge_and_control_have_no_powers_and_read_nothing_of_others(
    daemon: DaemonProcess, tmp_path: Path
) -> None:
    uid = uid_of(daemon)
    assert uid != 0
    tmp_path.chmod(0o711)
    (tmp_path / "private").write_text("of its owner's")
    (tmp_path / "private").chmod(0o600)
    os.chown(tmp_path / "private", 4321, 4321)
    processes = daemon.health()["processes"]
    denied = "Permission denied"
    of_others = ["/etc/shadow", tmp_path / "private", daemon.data_dir / "lock"]
    of_others += [f"/proc/{daemon.pid}/environ", f"/proc/{processes['spawner']}/mem"]
    # Nor does anything else of that user's, npm say, look into them.
    of_others += [f"/proc/{processes[name]}/mem" for name in ("edge", "control")]
    assert read_as(uid, *of_others) == [denied] * len(of_others)


@pytest.mark.parametrize("user", ["root", "0", "nosuchaccount"])
def test_a_user_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path, user: str) -> None:
    command = [str(ROOT / "lambent"), "up", "--port", str(free_port()), "--user", user]
    refused = subprocess.run(
        [*command, "--data-dir", str(tmp_path / "data")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    (line,) = refused.stderr.splitlines()
    assert refused.returncode == 1
    assert "--user" in line
    assert "never run as root" in line or "no account nosuchaccount" in line


def as_root_left_it(data_dir: Path) -> None:
    """Make a data directory what a daemon made of it whose programs still were of uid 0."""
    for path in [data_dir, *data_dir.rglob("*")]:
        os.chown(path, 0, 0, follow_symlinks=False)
        if path.parent.name == "log":
            path.chmod(0o600)
    (data_dir / "log").chmod(0o700)


def test_a_data_directory_of_roots_is_taken_over_with_all_that_is_in_it(
    daemon: DaemonProcess, tmp_path: Path
) -> None:
    data_dir = tmp_path / "data"
    with DaemonProcess(data_dir, "--log-to-file") as before:
        lam = before.client("lambda")
        create(lam, "kept", "def handler(e, c):\n    print('said', e)\n    return e")
        assert call(lam, "kept", 1) == (1, "")
        other = uid_of(before)
        assert other not in (0, uid_of(daemon))
    as_root_left_it(data_dir)
    strict = ("sh", "-c", 'umask 077; exec "$@"', "sh")
    with DaemonProcess(data_dir, "--log-to-file", "--user", "4321", launcher=strict) as running:
        assert uid_of(running) == 4321
        assert status_of(running.pid)["Uid"].split() == ["0"] * 4
        lam, logs = running.client("lambda"), running.client("logs")
        assert call(lam, "kept", 2) == (2, "")
        eventually(lambda: said(logs) == ["said 1\n", "said 2\n"])
        code = zipped({"app.py": "def handler(e, c): return -e"})
        lam.update_function_code(FunctionName="kept", ZipFile=code)
        lam.get_waiter("function_updated_v2").wait(
            FunctionName="kept", WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
        )
        assert call(lam, "kept", 3) == (-3, "")
        rotated_by_the_user(running, lam)
        lam.delete_function(FunctionName="kept")
    assert running.leftovers() == []


def said(logs: Any) -> list[str]:
    events = logs.filter_log_events(logGroupName="/aws/lambda/kept", filterPattern="said")
    return [event["message"] for event in events["events"]]


def rotated_by_the_user(running: DaemonProcess, lam: Any) -> None:
    """A full log is renamed by control, and the supervisor's lines are in the new one."""
    log = running.data_dir / "log/lambent.log"
    with log.open("ab") as file:
        file.truncate(LARGEST_LOG)
    lam.get_function(FunctionName="kept")
    eventually(lambda: log.with_name("lambent.log.1").exists() and log.exists())
    assert log.stat().st_uid == 4321
    assert log.stat().st_mode & 0o777 == 0o660
    end(running.health()["processes"]["control"])
    killed = f"control was ended by {signal.SIGKILL.name}"
    eventually(lambda: killed in log.read_text())
    eventually(lambda: running.health()["processes"].get("control"))
    lam.get_function(FunctionName="kept")
