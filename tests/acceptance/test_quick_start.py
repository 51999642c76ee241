"""docs/quick-start.md: its commands work as they are written and print what it says."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.daemon_process import ROOT, free_port

PAGE = ROOT / "docs" / "quick-start.md"
NEEDS_A_NETWORK = ("git clone", "pip install", "aws ", "export PATH=")
"""Beginnings of lines that fetch something, or need what was fetched: the clients' own tests have them."""


def blocks(kind: str) -> list[str]:
    return re.findall(rf"^```{kind}\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def commands() -> str:
    lines = "".join(blocks("sh")).splitlines()
    return "\n".join(line for line in lines if not any(word in line for word in NEEDS_A_NETWORK))


def masked(text: str) -> str:
    """Without what differs from run to run."""
    return re.sub(r"/\S+/lambent\.log|\d[\d.:]*", "#", text)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder that looks like the checkout to who types `./lambent`, with a `sudo` and what the clients left."""
    (tmp_path / "lambent").symlink_to(ROOT / "lambent")
    (tmp_path / "aws-clients").mkdir()
    (tmp_path / "answer.json").touch()
    (tmp_path / "bin").mkdir()
    sudo = tmp_path / "bin" / "sudo"
    sudo.write_text('#!/bin/sh\nexec "$@"\n')
    sudo.chmod(0o755)
    return tmp_path


def run(
    checkout: Path, *command: str, environ: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=checkout,
        env=environ,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )


@pytest.mark.timeout(300)  # some twenty commands: 10 s, and many times that on a busy machine
def test_the_quick_start_works_as_it_is_written(checkout: Path) -> None:
    port = str(free_port())
    environ = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environ |= {
        "PATH": f"{checkout / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LAMBENT_PORT": port,
        "LAMBENT_ENDPOINT": f"http://127.0.0.1:{port}",
        "LAMBENT_DATA_DIR": str(checkout / "data"),
    }
    try:
        done = run(checkout, "bash", "-c", "set -e\n" + commands(), environ=environ)
    finally:
        run(checkout, "./lambent", "down", environ=environ)  # a daemon that a failure left
    assert done.returncode == 0, done.stdout + done.stderr
    told = masked(done.stdout + done.stderr).splitlines()
    for line in masked("".join(blocks("text"))).splitlines():
        assert line in told, done.stdout + done.stderr
