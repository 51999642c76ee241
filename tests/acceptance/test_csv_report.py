"""`examples/csv-report` as its README has it: a package of npm's, a file with every quirk that CSV has."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import ROOT, DaemonProcess

NO_NETWORK = re.compile("ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ENOTCACHED|CERT")
FILE = ROOT / "examples/csv-report/function/services.csv"


def deploy(
    daemon: DaemonProcess, config: pytest.Config, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """The script's run; skips where npm is missing or its registry can't be reached."""
    if shutil.which("npm") is None:
        pytest.skip("no npm in PATH")
    command = [sys.executable, str(ROOT / "examples/csv-report/deploy.py")]
    command += ["--endpoint", daemon.endpoint, *arguments]
    command += ["--npm-cache", str(config.cache.mkdir("npm"))]  # npm's registry is asked once
    environ = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    environ["npm_config_fetch_retries"] = (
        "0"  # a registry that can't be reached is found out at once
    )
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=80, check=False
    )
    if NO_NETWORK.search(done.stderr):
        pytest.skip(f"csv-parse cannot be fetched: {done.stderr.strip()[-200:]}")
    return done


def report(output: Path) -> dict[str, Any]:
    """What was written for programs."""
    document: dict[str, Any] = json.loads(output.with_suffix(".json").read_text("utf-8"))
    return document


def test_the_example_reports_on_a_real_file_and_leaves_no_function(
    daemon: DaemonProcess, lam: Any, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    content = FILE.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfService Name,")
    assert content.count(b"\r\n") == 13_702
    output = tmp_path / "report.md"
    done = deploy(daemon, pytestconfig, "--output", str(output))
    assert done.returncode == 0, done.stderr
    assert "services.csv  13,701 rows, 10 columns" in done.stdout
    told = report(output)
    columns = {column["name"]: column for column in told["columns"]}
    assert next(iter(columns)) == "Service Name"  # without the byte order mark
    assert sum(column["missing"] for column in columns.values()) == 69_908
    assert sum(column["with_line_breaks"] for column in columns.values()) == 432
    assert sum(column["beyond_ascii"] for column in columns.values()) == 5
    assert columns["Transport Protocol"]["common"][0] == ["tcp", 6_187]
    assert columns["Registration Date"]["kind"] == "date"
    assert "| Service Code | number | 4 | 13,697 | 4 |" in output.read_text("utf-8")
    names = [function["FunctionName"] for function in lam.list_functions()["Functions"]]
    assert not [name for name in names if name.startswith("csv-report-")]


def test_a_table_of_one_s_own_goes_in_the_event(
    daemon: DaemonProcess, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    table, output = tmp_path / "own.csv", tmp_path / "own.md"
    table.write_bytes('größe;"was\r\nnoch"\r\n1.5;"a ""b""; c"\r\n-2;\r\n'.encode())
    done = deploy(daemon, pytestconfig, str(table), "--delimiter", ";", "--output", str(output))
    assert done.returncode == 0, done.stderr
    size, more = report(output)["columns"]
    assert (size["name"], size["kind"], size["least"], size["most"]) == ("größe", "number", -2, 1.5)
    assert (more["name"], more["missing"]) == ("was\r\nnoch", 1)
    assert more["common"] == [['a "b"; c', 1]]


def test_a_broken_table_fails_with_the_line(
    daemon: DaemonProcess, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    table = tmp_path / "broken.csv"
    table.write_text("a,b\n1,2\n3\n")
    done = deploy(daemon, pytestconfig, str(table), "--output", str(tmp_path / "broken.md"))
    assert done.returncode == 1
    assert "Invalid Record Length: expect 2, got 1 on line 3" in done.stderr
