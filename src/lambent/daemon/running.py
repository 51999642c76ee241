"""The daemon of a data directory, as another process finds it: by its lock, its run directory and /proc."""

import errno
import json
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lambent.daemon.config import run_root as own_run_root
from lambent.daemon.failure import StartFailure, unusable

_PROC: Final = Path("/proc")
_LONGEST_LOCK: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessFacts:
    """What the kernel tells of one process."""

    memory_bytes: int
    """Its share: memory that several processes have in common counts in parts."""
    uptime_seconds: float


class NoDaemon(StartFailure):
    """No daemon runs with this data directory."""

    def __init__(self, data_dir: Path) -> None:
        super().__init__(f"No lambent runs with the data directory {data_dir}.")


class RunningDaemon:
    """A supervisor that runs; close it. The descriptor makes sure that nobody else is meant when its pid is given anew."""

    def __init__(self, data_dir: Path, *, run_root: Path | None = None) -> None:
        """Find it. Raises NoDaemon; StartFailure when this user may not know."""
        self._data_dir, self._run_root = data_dir, run_root or own_run_root()
        lock = data_dir / "lock"
        try:
            self.pid = int(_text_of(lock))
            self._descriptor = os.pidfd_open(self.pid)
        except (FileNotFoundError, NotADirectoryError, ValueError, ProcessLookupError):
            raise NoDaemon(data_dir) from None
        except OSError as error:
            if error.errno == errno.ELOOP:  # a link is no daemon's
                raise NoDaemon(data_dir) from error
            raise unusable("the data directory", data_dir, error) from error
        # Asked after the descriptor was opened: a process that holds the lock is the one that the descriptor means.
        if not _has_open(self.pid, lock):
            self.close()
            raise NoDaemon(data_dir)

    def close(self) -> None:
        """Let go."""
        os.close(self._descriptor)

    def stop(self) -> None:
        """Ask it to end: SIGTERM."""
        signal.pidfd_send_signal(self._descriptor, signal.SIGTERM)

    def gone(self, within_seconds: float | None) -> bool:
        """Wait until it has ended, at most `within_seconds`; whether it has."""
        return bool(select.select([self._descriptor], [], [], within_seconds)[0])

    def status(self) -> dict[str, Any]:
        """What its supervisor writes down; nothing while it starts or ends."""
        for file in self._run_root.glob("*/instance.json"):
            place = _document(file)
            same = Path(str(place.get("data_dir"))).resolve() == self._data_dir.resolve()
            if place.get("pid") == self.pid and same:
                return _document(file.with_name("status.json"))
        return {}


def process_facts(pid: int) -> ProcessFacts | None:
    """What is known of a process; None when it is gone or not ours to see."""
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
        since_boot = float((_PROC / "uptime").read_text().split()[0])
        stat = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    shares = [int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")]
    started = int(stat[19]) / os.sysconf("SC_CLK_TCK")
    return ProcessFacts(
        memory_bytes=sum(shares) * 1024, uptime_seconds=max(since_boot - started, 0.0)
    )


def _text_of(lock: Path) -> str:
    # Danger: root reads here what decides whom it will end, in a directory that another user may write to.
    with os.fdopen(os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)) as file:
        return file.read(_LONGEST_LOCK)


def _has_open(pid: int, path: Path) -> bool:
    try:
        wanted = path.lstat()
        if wanted.st_uid != (_PROC / str(pid)).stat().st_uid or wanted.st_nlink != 1:
            return False  # not made by a daemon that has it
        descriptors = list((_PROC / str(pid) / "fd").iterdir())
    except FileNotFoundError:
        return False
    except OSError as error:
        raise unusable("the data directory", path.parent, error) from error
    for descriptor in descriptors:
        try:
            if os.path.samestat(descriptor.stat(), wanted):
                return True
        except OSError:  # closed meanwhile
            continue
    return False


def _document(file: Path) -> dict[str, Any]:
    try:
        document = json.loads(file.read_text())
    except (OSError, ValueError):  # being taken away
        return {}
    return dict(document) if isinstance(document, dict) else {}
