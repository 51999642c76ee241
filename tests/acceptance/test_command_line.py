"""The daemon as a person handles it: in the background, followed, reset, stopped."""

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import ROOT, alive, free_port
from tests.acceptance.waiting import eventually

CODE = """
import time
def handler(event, context):
    print(event["say"])
    time.sleep(event.get("seconds", 0))
    return event["say"]
"""


class Background:
    """A daemon that `up --detach` started."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir, self.port = data_dir, free_port()
        self.endpoint = f"http://127.0.0.1:{self.port}"

    def popen(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            # Whoever runs the tests in the background may have SIGINT ignored, which would be inherited.
            ["env", "--default-signal=INT", str(ROOT / "lambent"), *arguments],
            env={**os.environ, "LAMBENT_ENDPOINT": self.endpoint, "AWS_REGION": "us-east-1"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, status: int = 0) -> str:
        """What a command says on stdout, or for another status than 0 on stderr too."""
        process = self.popen(*arguments)
        out, err = process.communicate(timeout=60)
        assert process.returncode == status, out + err
        return out + err if status else out

    def up(self, *options: str, status: int = 0) -> str:
        where = ("--port", str(self.port), "--data-dir", str(self.data_dir))
        return self.run("up", "--detach", *where, *options, status=status)

    def down(self, status: int = 0) -> str:
        return self.run("down", "--data-dir", str(self.data_dir), status=status)

    def status(self, status: int = 0) -> dict[str, Any]:
        told = self.run("status", "--data-dir", str(self.data_dir), "--json", status=status)
        document: dict[str, Any] = json.loads(told)
        return document


@pytest.fixture
def background(tmp_path: Path) -> Iterator[Background]:
    made = Background(tmp_path / "data")
    yield made
    if made.status(status=0 if _runs(made) else 1)["status"] != "stopped":
        made.down()


def _runs(background: Background) -> bool:
    process = background.popen("status", "--data-dir", str(background.data_dir))
    process.communicate(timeout=60)
    return process.returncode == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "code"
    made.mkdir()
    (made / "app.py").write_text(CODE)
    return made


def test_a_daemon_in_the_background_is_told_of_and_stopped(background: Background) -> None:
    started = json.loads(background.up("--json"))
    assert started["endpoint"] == background.endpoint
    assert started["log"] == str(background.data_dir / "log" / "lambent.log")
    status = background.status()
    assert status["status"] == "ok"
    assert status["endpoint"] == background.endpoint
    processes = status["processes"]
    # Functions' look-ups have a program only where functions have a network.
    assert set(processes) - {"names"} == {"supervisor", "spawner", "control", "edge"}
    assert processes["supervisor"]["pid"] == started["pid"]
    # Nobody may look at a rootless spawner while it becomes itself.
    eventually(
        lambda: all(
            (process["memory_bytes"] or 0) > 1_000_000
            for process in background.status()["processes"].values()
        )
    )
    assert all(process["restarts"] == 0 for process in processes.values())
    assert "edge" in Path(started["log"]).read_text()
    assert background.down() == f"lambent (process {started['pid']}) has stopped\n"
    assert not any(alive(process["pid"]) for process in processes.values())
    assert "No lambent runs with the data directory" in background.down(status=1)
    assert background.status(status=1)["status"] == "stopped"


def test_what_keeps_a_daemon_from_starting_is_told_and_nothing_is_left(
    background: Background, tmp_path: Path
) -> None:
    background.up()
    again = background.up(status=1)
    assert "uses the data directory" in again
    other = Background(tmp_path / "other")
    other.port = background.port
    taken = other.up(status=1)
    assert f"Port {background.port} on 127.0.0.1 is taken by" in taken
    assert other.status(status=1)["status"] == "stopped"


@pytest.mark.parametrize(("program", "database"), [("control", "state.db"), ("edge", "logs.db")])
def test_a_daemon_that_crash_loops_is_ended_and_its_log_is_shown(
    background: Background, program: str, database: str
) -> None:
    background.data_dir.mkdir()
    with closing(sqlite3.connect(background.data_dir / database)) as newer:
        newer.execute("PRAGMA user_version = 99")
    told = background.up(status=1)
    assert f"lambent: {program} ends again and again.\nThe last lines of" in told
    assert f"{database} has schema 99" in told
    assert background.status(status=1)["status"] == "stopped"


def test_a_process_that_was_killed_is_counted_and_logs_go_on(background: Background) -> None:
    started = json.loads(background.up("--json"))
    control = background.status()["processes"]["control"]["pid"]
    os.kill(control, signal.SIGKILL)
    background.run("functions")  # answered once control is back
    status = background.status()
    assert status["processes"]["control"]["restarts"] == 1
    assert status["processes"]["control"]["pid"] != control
    assert "control was ended by SIGKILL" in Path(started["log"]).read_text()


def test_logs_of_two_functions_are_followed_without_loss_or_repetition(
    background: Background, folder: Path
) -> None:
    background.up()
    for name in ("one", "two"):
        background.run("functions", "create", name, str(folder))
        background.run("invoke", name, "--payload", '{"say": "before"}')
    following = background.popen("logs", "one", "two", "--follow", "--filter", "said", "--json")
    assert following.stdout is not None
    try:
        for number in range(3):
            for name in ("one", "two"):
                payload = json.dumps({"say": f"said {number}"})
                background.run("invoke", name, "--payload", payload)
        heard = [json.loads(following.stdout.readline()) for _ in range(6)]
    finally:
        following.send_signal(signal.SIGINT)
        rest, complaints = following.communicate(timeout=30)
    assert (rest, complaints, following.returncode) == ("", "", 0)
    for name in ("one", "two"):
        messages = [event["message"] for event in heard if event["function"] == name]
        assert messages == [f"said {number}\n" for number in range(3)]
    since = background.run("logs", "one", "--since", "5m", "--filter", "before")
    assert since == "before\n"


def test_a_reset_leaves_nothing_and_a_create_right_after_it_works(
    background: Background, folder: Path
) -> None:
    background.up("--allow-reset")
    background.run("functions", "create", "f", str(folder))
    assert background.run("invoke", "f", "--payload", '{"say": "hi"}') == '"hi"\n'
    long = background.popen("invoke", "f", "--payload", '{"say": "long", "seconds": 600}')
    _await_busy(background)
    assert background.run("reset", "--yes") == "1 function, all logs and all packages are deleted\n"
    _, why = long.communicate(timeout=30)
    assert "The service stopped before the function had ended." in why
    assert json.loads(background.run("functions", "--json")) == {"Functions": []}
    assert "no log of it" in background.run("logs", "f", status=1)
    assert list((background.data_dir / "blobs").iterdir()) == []
    assert list((background.data_dir / "trees").iterdir()) == []
    background.run("functions", "create", "f", str(folder))
    assert background.run("invoke", "f", "--payload", '{"say": "again"}') == '"again"\n'
    assert "again\n" in background.run("logs", "f")
    assert "hi\n" not in background.run("logs", "f", "--since", "1h")


def test_a_reset_is_refused_by_a_daemon_that_was_not_told_to_allow_it(
    background: Background, folder: Path
) -> None:
    background.up()
    background.run("functions", "create", "f", str(folder))
    assert "start it with --allow-reset" in background.run("reset", "--yes", status=1)
    page = ("-H", "Origin: https://evil.example", "-X", "POST")
    refused = subprocess.run(
        ["/usr/bin/curl", "-s", *page, f"{background.endpoint}/_lambent/reset"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "origin is not allowed" in refused.stdout
    assert len(json.loads(background.run("functions", "--json"))["Functions"]) == 1


def _await_busy(background: Background) -> None:
    """Until the long invocation has written its line, so that it runs for certain."""
    following = background.popen("logs", "f", "--follow", "--filter", "long")
    assert following.stdout is not None
    assert following.stdout.readline() == "long\n"
    following.send_signal(signal.SIGINT)
    following.communicate(timeout=30)
