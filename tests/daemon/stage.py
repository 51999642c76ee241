"""A supervisor in a process of its own, and the journal that its fake programs write."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
CALM = ("calm", "calm", "calm")


class Stage:
    """Starts daemons below one folder; the journal is a pipe, so that what happens is awaited."""

    def __init__(self, folder: Path, *, run_root: Path | None = None) -> None:
        self.data_dir = folder / "data"
        self.run_root = run_root or folder / "run"
        folder.mkdir(exist_ok=True)
        self.journal = folder / "journal"
        os.mkfifo(self.journal)
        self._reading = os.fdopen(os.open(self.journal, os.O_RDWR), "r")
        self.daemon: subprocess.Popen[str] | None = None

    def start(self, *, port: int = 0, manners: Sequence[str] = CALM) -> Self:
        self.daemon = self.popen(port=port, manners=manners)
        return self

    def popen(self, *, port: int = 0, manners: Sequence[str] = CALM) -> subprocess.Popen[str]:
        where = (str(self.data_dir), str(self.run_root), str(port), str(self.journal))
        return subprocess.Popen(
            [
                *("/usr/bin/env", f"PYTHONPATH={ROOT / 'src'}", sys.executable, "-P"),
                *(str(ROOT / "tests/daemon/fake_daemon.py"), *where, *manners),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    def next(self) -> tuple[str, str, int]:
        """Who, what, pid: the next line of the journal; pytest's timeout ends the wait."""
        who, what, pid = self._reading.readline().split()
        return who, what, int(pid)

    def until(self, *wanted: str) -> dict[str, int]:
        """Pids by `WHO WHAT`, once all of them were said."""
        found: dict[str, int] = {}
        while not set(wanted) <= set(found):
            who, what, pid = self.next()
            found[f"{who} {what}"] = pid
        return found

    def until_all_run(self) -> dict[str, int]:
        started = self.until("spawner started", "control started", "edge started")
        return {
            event.split()[0]: pid for event, pid in started.items() if event.endswith("started")
        }

    def status(self) -> dict[str, Any]:
        (file,) = self.run_root.glob("*/status.json")
        status: dict[str, Any] = json.loads(file.read_text())
        return status

    def await_status(self, fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The status once it fits: the file is replaced just after the event that changes it."""
        while True:
            for file in self.run_root.glob("*/status.json"):
                status: dict[str, Any] = json.loads(file.read_text())
                if fits(status):
                    return status
            time.sleep(0.005)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> str:
        """Send the signal, await the end, and answer the daemon's log."""
        assert self.daemon is not None
        self.daemon.send_signal(number)
        return self.log()

    def log(self) -> str:
        assert self.daemon is not None
        return self.daemon.communicate()[1]

    def close(self) -> None:
        if self.daemon is not None:
            if self.daemon.poll() is None:
                self.daemon.terminate()  # not kill: it ends its orphans too
            if self.daemon.stderr is not None and not self.daemon.stderr.closed:
                self.daemon.communicate()
        self._reading.close()  # last: who writes to a pipe that nobody reads waits


@contextmanager
def stage(folder: Path, *, run_root: Path | None = None) -> Iterator[Stage]:
    made = Stage(folder, run_root=run_root)
    try:
        yield made
    finally:
        made.close()


def alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def await_end(pid: int) -> None:
    """Return once the process has ended; pytest's timeout ends the wait."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        select.select([descriptor], [], [])
    finally:
        os.close(descriptor)
