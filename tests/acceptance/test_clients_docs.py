"""What docs/clients shows, run as it stands there but for the endpoint's port."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.aws_clients import clean_environment, cli_1, cli_2, javascript_sdk
from tests.acceptance.daemon_process import ROOT, DaemonProcess

PAGES = ROOT / "docs/clients"


def blocks(page: str, language: str) -> list[str]:
    """The page's examples in a language, in their order."""
    return re.findall(rf"```{language}\n(.*?)```", (PAGES / page).read_text(), re.DOTALL)


def run(*command: str, daemon: DaemonProcess, at: Path, **environ: str) -> str:
    """What a command prints."""
    exported = {
        "AWS_ENDPOINT_URL": daemon.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    done = subprocess.run(
        command,
        cwd=at,
        env=clean_environment(at) | exported | environ,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_of_boto3(daemon: DaemonProcess, tmp_path: Path) -> None:
    (example,) = blocks("boto3.md", "python")
    told = run(sys.executable, "-c", example, daemon=daemon, at=tmp_path)
    assert told == "{'name': 'you'} None\n[\"said {'name': 'you'}\\n\"]\n"


def test_the_page_of_javascript(daemon: DaemonProcess, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node in PATH")
    (tmp_path / "node_modules").symlink_to(javascript_sdk() / "node_modules")
    (example,) = blocks("javascript-sdk.md", "js")
    (tmp_path / "walk.mjs").write_text(example.replace("'echo'", "'echo-javascript'"))
    (commands,) = blocks("javascript-sdk.md", "sh")
    wanted = [
        line for line in commands.splitlines() if line.startswith(("echo", "python3", "node"))
    ]
    told = run("sh", "-ec", "\n".join(wanted), daemon=daemon, at=tmp_path)
    assert told.startswith("{ name: 'you' } undefined\n[")
    assert "said {'name': 'you'}\n" in told


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.parametrize("program", [cli_1, cli_2])
def test_the_page_of_the_cli(daemon: DaemonProcess, tmp_path: Path, program: Any) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/aws").write_text(f'#!/bin/sh\nexec "{program()}" "$@"\n')
    (tmp_path / "bin/aws").chmod(0o755)
    _, *examples = blocks("aws-cli.md", "sh")
    lines = "".join(examples).replace("http://127.0.0.1:4566", daemon.endpoint).splitlines()
    script = "\n".join(line for line in lines if "--follow" not in line)
    path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    told = run("sh", "-ec", script, daemon=daemon, at=tmp_path, PATH=path)
    assert '{"hello": "you"}' in told
    assert "said {'name': 'you'}\n" in told
    assert json.loads((tmp_path / "answer.json").read_text()) == {"hello": "you"}
    assert "endpoint_url = " in (tmp_path / "config").read_text()
