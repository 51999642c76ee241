"""Starting where the host gives little, and refusing to where it gives too little."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.acceptance.daemon_process import ROOT, DaemonProcess, free_port
from tests.acceptance.functions import call, create


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
        assert names == {"lambent", "lambent-edge", "lambent-control", "lambent-spawner"}
    assert running.leftovers() == []
