"""`examples/native` as its README has it: compiled, deployed, called."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.daemon_process import ROOT, DaemonProcess

ENVIRON = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


@pytest.mark.parametrize("runtime", ["provided.al2", "provided.al2023"])
def test_a_c_program_renders_a_picture(daemon: DaemonProcess, tmp_path: Path, runtime: str) -> None:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler on this host")
    picture = tmp_path / "mandelbrot.png"
    command = [sys.executable, str(ROOT / "examples/native/deploy.py")]
    command += ["--endpoint", daemon.endpoint, "--runtime", runtime, "--output", str(picture)]
    command += ["--width", "320", "--height", "200"]
    done = subprocess.run(command, env=ENVIRON, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "320x200" in done.stdout
    assert picture.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.stat().st_size > 2_000
    left = [f["FunctionName"] for f in daemon.client("lambda").list_functions()["Functions"]]
    assert not [name for name in left if name.startswith("native-")]
