"""The example on real input: a library with native code, a real JPEG."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import ROOT, DaemonProcess

JPEG = b"\xff\xd8\xff"


def deploy(*arguments: str, wheels: Path) -> str:
    script = ROOT / "examples" / "thumbnail" / "deploy.py"
    done = subprocess.run(
        [sys.executable, str(script), "--wheels", str(wheels), *arguments],
        env={**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"},
        capture_output=True,
        text=True,
        timeout=80,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_makes_a_thumbnail_of_a_photo_and_leaves_no_function(
    daemon: DaemonProcess, lam: Any, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    made = tmp_path / "thumbnail.jpg"
    told = deploy(
        *("--endpoint", daemon.endpoint),
        *("--size", "200", "--output", str(made)),
        wheels=pytestconfig.cache.mkdir("wheels"),  # PyPI is asked once, not in every run
    )
    assert "960x640 JPEG" in told
    assert told.rstrip().endswith(" bytes, 200x133")
    assert made.read_bytes().startswith(JPEG)
    names = [function["FunctionName"] for function in lam.list_functions()["Functions"]]
    assert not [name for name in names if name.startswith("thumbnail-")]
