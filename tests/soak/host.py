"""What a daemon holds of its host, counted from outside."""

import re
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.acceptance.daemon_process import DaemonProcess

_PSS = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)


_KEPT_FOR_LATER: Final = {
    "descriptors of spawner": 24,  # a user namespace for each slot that was ever used at once, and templates
    "threads of control": 8,  # pools grow up to their size
    "threads of edge": 4,
}
"""What may come up to a bound that does not grow with time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Counts by name; what is at rest holds the same ever again."""

    counts: Mapping[str, int]
    memory_kib: Mapping[str, int]
    """Of each program, shared pages in proportion."""

    def more_than(self, before: "Holding", *, memory_kib: int) -> list[str]:
        """What there is more of than `before`; of memory, what grew by more than `memory_kib`."""
        grown = [
            f"{name}: {before.counts.get(name, 0)} before, {count} now"
            for name, count in sorted(self.counts.items())
            if count > before.counts.get(name, 0) + _KEPT_FOR_LATER.get(name, 0)
        ]
        return grown + [
            f"memory of {name}: {before.memory_kib[name]} KiB before, {size} KiB now"
            for name, size in sorted(self.memory_kib.items())
            if size > before.memory_kib.get(name, 0) + memory_kib
        ]


def holding(daemon: DaemonProcess) -> Holding:
    """What `daemon` holds now; meant for a daemon without environments."""
    programs = {"supervisor": daemon.pid, **daemon.health()["processes"]}
    counts: Counter[str] = Counter({"processes": len(daemon.descendants())})
    for name, pid in programs.items():
        counts[f"descriptors of {name}"] = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        counts[f"threads of {name}"] = len(list(Path(f"/proc/{pid}/task").iterdir()))
    mounts = Path(f"/proc/{programs['spawner']}/mountinfo").read_text().splitlines()
    counts["mounts of the spawner"] = len(mounts)
    for instance in daemon.instances():
        groups = Path("/sys/fs/cgroup").glob(f"**/lambent-{instance}*/**/")
        counts["control groups"] += len(list(groups))
    counts["loop devices"] = sum(
        str(daemon.data_dir) in _text(file)
        for file in Path("/sys/block").glob("loop*/loop/backing_file")
    )
    memory = {name: _pss_kib(pid) for name, pid in programs.items()}
    return Holding(counts=counts, memory_kib=memory)


def _text(file: Path) -> str:
    with suppress(OSError):  # a loop device that is let go of meanwhile
        return file.read_text()
    return ""


def _pss_kib(pid: int) -> int:
    found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    assert found is not None
    return int(found[1])
