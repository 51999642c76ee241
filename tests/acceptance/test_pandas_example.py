"""`examples/pandas` as its README has it: a package as large as one may be that comes in the request."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.daemon_process import ROOT, DaemonProcess

NO_NETWORK = re.compile("NewConnectionError|NameResolutionError|No matching distribution|timed out")


@pytest.fixture
def roomy(tmp_path: Path) -> Iterator[DaemonProcess]:
    """A daemon whose thousands of files go with the test, in its time, and not at the end of all."""
    daemon = DaemonProcess(tmp_path / "data")
    daemon.start()
    yield daemon
    daemon.stop()
    assert daemon.leftovers() == []
    shutil.rmtree(daemon.data_dir)


# The first run on a machine fetches 50 MB and packs 165; later ones have the zip.
@pytest.mark.timeout(300)
def test_large_native_packages_are_deployed_and_leave_no_function(
    roomy: DaemonProcess, pytestconfig: pytest.Config
) -> None:
    command = [sys.executable, str(ROOT / "examples/pandas/deploy.py"), "--calls", "1"]
    command += ["--endpoint", roomy.endpoint, "--runtime", "python3.11"]
    command += ["--cache", str(pytestconfig.cache.mkdir("pandas"))]
    environ = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if NO_NETWORK.search(done.stderr):
        pytest.skip(f"the wheels cannot be fetched: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr
    zipped = re.search(r"package +([\d,]+) bytes zipped", done.stdout)
    unzipped = re.search(r" ([\d,]+) unzipped", done.stdout)
    assert zipped is not None
    assert unzipped is not None
    assert 40_000_000 < int(zipped[1].replace(",", "")) <= 52_428_800
    assert 140_000_000 < int(unzipped[1].replace(",", "")) < 262_144_000
    answer = re.search(r"answer +(\d+) zones, (\d+) change their clocks in 2026", done.stdout)
    assert answer is not None
    assert 0 < int(answer[2]) < int(answer[1])
    assert re.search(r"pandas \d.*, numpy \d.*, duckdb \d", done.stdout)
    assert roomy.client("lambda").list_functions()["Functions"] == []
