"""What edge and control have in common."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.daemon.config import Settings
from lambent.daemon.program import Inheritance
from tests.daemon.stage import ROOT

PROBE = """
import asyncio, ctypes, json, os, resource, sys
from lambent.daemon.serving import run

async def serve(inheritance, stop):
    status = dict(l.split(":", 1) for l in open("/proc/self/status").read().splitlines())
    print(json.dumps({
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

INHERITANCE = Inheritance(
    settings=Settings(log_level="info"),
    instance="abc123",
    run_dir=Path("/run/lambent/abc123"),
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
        isolation="direct",
        port=1,
        listeners=listeners,
    )
    assert Inheritance.decode(given_away.encode()) == given_away


@pytest.mark.root
def test_a_program_runs_without_powers_on_uvloop_until_sigterm() -> None:
    with subprocess.Popen(
        [
            *("/usr/bin/env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-P", "-c", PROBE),
            INHERITANCE.encode(),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        told = json.loads(program.stdout.readline())
        program.terminate()
        out, log = program.communicate()
    assert told["caps"] == ["0000000000000000"] * 5
    assert told["no_new_privs"] == "1"
    assert told["loop"] == "uvloop"
    assert told["files"] >= 4096
    assert told["instance"] == "abc123"
    assert out == "stopped\n"
    assert program.returncode == 0
    assert " INFO edge lambent.daemon.serving started pid=" in log.splitlines()[0]


def test_encode_holds_no_path_object_and_fits_a_command_line() -> None:
    text = INHERITANCE.encode()
    assert json.loads(text)["run_dir"] == "/run/lambent/abc123"
    assert len(text) < os.sysconf("SC_ARG_MAX") // 100
