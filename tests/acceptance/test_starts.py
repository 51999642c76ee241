"""Starting where the host gives little, and refusing to where it gives too little."""

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.daemon_process import ROOT, DaemonProcess, free_port
from tests.acceptance.functions import call, create, zipped
from tests.acceptance.waiting import eventually


def refusal(*command: str) -> str:
    """The only line that a start which fails says."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    return line


def test_too_few_descriptors_are_refused_in_a_sentence(tmp_path: Path) -> None:
    up = (str(ROOT / "lambent"), "up", "--port", str(free_port()), "--data-dir", str(tmp_path))
    # Where the limit is soft alone, or may be raised, it is raised; a container often forbids it.
    capless = ("setpriv", "--bounding-set", "-sys_resource", "--inh-caps", "-sys_resource")
    line = refusal(*capless, "prlimit", "--nofile=64:64", *up)
    assert line.startswith("lambent: Only 64 files may be open at once here")


def test_with_few_descriptors_as_many_run_at_once_as_fit(tmp_path: Path) -> None:
    running = DaemonProcess(tmp_path / "data", launcher=("prlimit", "--nofile=1024:1024"))
    with running, ThreadPoolExecutor(16) as pool:
        lam = running.client("lambda")
        create(lam, "slow", "import time\ndef handler(e, c):\n    time.sleep(0.5)\n    return e")
        answers = list(pool.map(lambda n: call(lam, "slow", n), range(16)))
        assert answers == [(n, "") for n in range(16)]
    assert running.leftovers() == []


def test_a_path_that_is_long_and_has_spaces_is_as_good_as_another(tmp_path: Path) -> None:
    folder = tmp_path / ("deep" * 30) / "with some spaces"
    folder.mkdir(parents=True)
    with DaemonProcess(folder / "data") as running:
        lam = running.client("lambda")
        create(lam, "echo", "def handler(e, c): return e")
        assert call(lam, "echo", 1) == (1, "")
        pids = {"lambent": running.pid, **running.health()["processes"]}
        names = {Path(f"/proc/{pid}/comm").read_text().strip() for pid in pids.values()}
        parts = {"lambent", "lambent-edge", "lambent-control", "lambent-spawner"}
        assert names - {"lambent-names"} == parts  # that one only where functions have a network
    assert running.leftovers() == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 40 MB."""
    at = tmp_path / "disk"
    at.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "tmpfs", at], check=True)
    try:
        yield at
    finally:
        subprocess.run(["umount", at], check=True)


def fill(disk: Path) -> Path:
    """Leave not a byte; returns the file that takes them."""
    filling = disk / "filling"
    with suppress(OSError), filling.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))
    return filling


def refused(write: Any) -> str:
    """What a write that must fail says."""
    with pytest.raises(ClientError) as failure:
        write()
    assert failure.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500
    return str(failure.value)


def test_on_a_full_disk_nothing_is_promised_and_functions_run(small_disk: Path) -> None:
    running = DaemonProcess(small_disk / "data")
    with running:
        lam = running.client("lambda")
        create(lam, "echo", "def handler(e, c): return e")
        assert call(lam, "echo", 1) == (1, "")
        eventually(lambda: running.health()["runtimes"])
        processes = running.health()["processes"]
        filling = fill(small_disk)
        large = {"ZipFile": zipped({"app.py": "def handler(e, c): return 2", "x": bytes(300_000)})}
        assert "no room" in refused(lambda: create(lam, "more", "", Code=large))
        change = {"FunctionName": "echo", "Description": "x" * 200}
        assert "no room" in refused(lambda: lam.update_function_configuration(**change))
        assert [f["FunctionName"] for f in lam.list_functions()["Functions"]] == ["echo"]
        assert lam.get_function_configuration(FunctionName="echo")["Description"] == ""
        assert [call(lam, "echo", n) for n in range(3)] == [(n, "") for n in range(3)]
        filling.unlink()
        create(lam, "more", "", Code=large)
        assert call(lam, "more") == (2, "")
        assert running.health()["processes"] == processes
        assert running.health()["status"] == "ok"
    fill(small_disk)
    up = (str(ROOT / "lambent"), "up", "--port", str(free_port()))
    line = refusal(*up, "--data-dir", str(running.data_dir))
    assert line == f"lambent: Cannot use the data directory {running.data_dir}: the disk is full."
