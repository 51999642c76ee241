"""What edge and control have in common."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.daemon.config import Settings
from lambent.daemon.interpreters import InterpreterPlaces
from lambent.daemon.program import Inheritance
from tests.daemon.stage import ROOT

AS_USER = """
import os, sys
from pathlib import Path
from lambent.daemon.as_user import AsUser
from lambent.daemon.config import interpreter_places
from lambent.daemon.daemon_user import DaemonUser
below = Path(sys.argv[1])
AsUser(
    user=DaemonUser(uid=70_123, gid=70_123), data_dir=below, interpreters=interpreter_places(), below=below
)()
os.execv(sys.argv[2], sys.argv[2:])
"""

PROBE = """
import asyncio, importlib, json, os, resource, sys
from lambent.daemon.serving import run

async def serve(inheritance, stop):
    status = dict(l.split(":", 1) for l in open("/proc/self/status").read().splitlines())
    try:
        shadow = open("/etc/shadow").read()
    except OSError as error:
        shadow = type(error).__name__
    print(json.dumps({
        "uid": status["Uid"].split(),
        "gid": status["Gid"].split(),
        "groups": status["Groups"].strip(),
        "shadow": shadow,
        "lazily": importlib.import_module("encodings.cp437").__name__,
        "caps": [status[n].strip() for n in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
        "no_new_privs": status["NoNewPrivs"].strip(),
        "loop": type(asyncio.get_running_loop()).__module__,
        "files": resource.getrlimit(resource.RLIMIT_NOFILE)[0],
        "instance": inheritance.instance,
        "level": inheritance.settings.log_level,
    }), flush=True)
    await stop.wait()
    print("stopped", flush=True)

sys.modules["probe"] = sys.modules["__main__"]
run("edge", sys.argv[1:], wiring="probe")
"""

UID = 70_123
PLACES = InterpreterPlaces(homes=(Path("/root"),), search_path=(Path("/usr/bin"), Path("/bin")))
INHERITANCE = Inheritance(
    settings=Settings(log_level="info"),
    instance="abc123",
    run_dir=Path("/run/lambent/abc123"),
    interpreters=PLACES,
    isolation="direct",
    port=4566,
    listeners=(3, 4),
)


@given(
    st.builds(
        Settings,
        port=st.integers(0, 65_535),
        data_dir=st.text(min_size=1).filter(lambda t: "\0" not in t).map(Path),
        allowed_origins=st.none() | st.lists(st.text()).map(tuple),
        allowed_hosts=st.lists(st.text()).map(tuple),
        idle_seconds=st.floats(1, 86_400),
    ),
    st.lists(st.integers(3, 1000)).map(tuple),
)
def test_an_inheritance_comes_out_as_it_went_in(
    settings: Settings, listeners: tuple[int, ...]
) -> None:
    given_away = Inheritance(
        settings=settings,
        instance="x",
        run_dir=Path("/r"),
        interpreters=PLACES,
        isolation="direct",
        port=1,
        listeners=listeners,
    )
    assert Inheritance.decode(given_away.encode()) == given_away


def told_by_probe(below: Path) -> tuple[dict[str, Any], str, str]:
    """What a program says of itself that runs as the daemon's user, what its own uid sees of it, and its log."""
    with subprocess.Popen(
        [
            *("/usr/bin/env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-P", "-c", AS_USER),
            *(str(below), sys.executable, "-P", "-c", PROBE, INHERITANCE.encode()),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        line = program.stdout.readline()
        spied = subprocess.run(
            ["head", "-c1", f"/proc/{program.pid}/environ", f"/proc/{program.pid}/mem"],
            user=UID,
            group=UID,
            extra_groups=[],
            capture_output=True,
            text=True,
            check=False,
        ).stderr
        program.terminate()
        out, log = program.communicate()
    assert line, log
    assert (out, program.returncode) == ("stopped\n", 0)
    return json.loads(line), spied, log


@pytest.mark.root
def test_a_program_runs_as_its_user_without_powers_on_uvloop_until_sigterm(tmp_path: Path) -> None:
    told, spied, log = told_by_probe(tmp_path)
    assert told["uid"] == told["gid"] == [str(UID)] * 4
    assert told["groups"] == ""
    assert told["caps"] == ["0000000000000000"] * 5
    assert told["no_new_privs"] == "1"
    assert told["shadow"] == "PermissionError"
    assert told["lazily"] == "encodings.cp437"
    assert told["loop"] == "uvloop"
    assert told["files"] >= 4096
    assert told["instance"] == "abc123"
    assert " INFO edge lambent.daemon.serving started pid=" in log.splitlines()[0]
    assert spied.count("Permission denied") == 2, spied


@pytest.mark.root
@pytest.mark.parametrize("name", ["edge", "control"])
def test_edge_and_control_never_run_as_root(name: str) -> None:
    refused = subprocess.run(
        [
            *("/usr/bin/env", f"PYTHONPATH={ROOT / 'src'}", sys.executable),
            *("-P", "-m", f"lambent.daemon.{name}", INHERITANCE.encode()),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"lambent-{name} never runs as root")


def test_encode_holds_no_path_object_and_fits_a_command_line() -> None:
    text = INHERITANCE.encode()
    assert json.loads(text)["run_dir"] == "/run/lambent/abc123"
    assert len(text) < os.sysconf("SC_ARG_MAX") // 100
