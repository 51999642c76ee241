"""What processes use of the machine, from /proc."""

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

_PROC = Path("/proc")
_TICK_SECONDS = 1 / os.sysconf("SC_CLK_TCK")


def parents() -> Mapping[int, int]:
    """The parent of every process."""
    found: dict[int, int] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except OSError:  # it has ended meanwhile
                continue
            found[int(entry.name)] = int(stat.rsplit(")", 1)[1].split()[1])
    return found


def descendants(root: int) -> set[int]:
    """Every process below `root`, without it."""
    children: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found: set[int] = set()
    todo = [root]
    while todo:
        below = children.get(todo.pop(), [])
        found.update(below)
        todo += below
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time of `pid` until now, of threads that have ended too, to the nanosecond; 0 when it has ended."""
    try:
        # The kernel's form of a process's CPU clock (clock_getcpuclockid): no permission is needed to read it.
        return time.clock_gettime(~pid << 3 | 2)
    except OSError:
        return 0.0


def pss_bytes(pid: int) -> int:
    """The process's proportional share of memory; 0 when it has ended. Other users' processes need root."""
    try:
        rollup = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    for line in rollup.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def in_own_pid_namespace(pid: int) -> bool:
    """Whether `pid` lives in another pid namespace than this program: it is inside a sandbox."""
    try:
        return (_PROC / str(pid) / "ns" / "pid").readlink() != Path("/proc/self/ns/pid").readlink()
    except OSError:
        return False


class Meter:
    """CPU time of a set of processes between two moments."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._before = {pid: cpu_seconds(pid) for pid in pids}

    def used(self, pids: Iterable[int]) -> float:
        """Seconds that `pids` have used since; those not there at the beginning count from their birth."""
        return sum(max(cpu_seconds(pid) - self._before.get(pid, 0.0), 0.0) for pid in pids)


class Cores:
    """How many cores were busy between two moments, whoever used them."""

    def __init__(self) -> None:
        self._at, self._busy = time.perf_counter(), _busy_seconds()

    def busy(self) -> float:
        """Cores in use on average since."""
        return (_busy_seconds() - self._busy) / (time.perf_counter() - self._at)


def _busy_seconds() -> float:
    user, nice, system, _idle, _wait, irq, softirq, *_ = (
        int(n) for n in (_PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) * _TICK_SECONDS
