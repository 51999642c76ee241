"""What a daemon holds of its host, counted from outside."""

import os
import re
import socket
import subprocess
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.sandbox.network import nft
from lambent.sandbox.network.rules import link_name, table_name
from tests.acceptance.daemon_process import DaemonProcess
from tests.control_groups import named

_PSS = re.compile(r"^Pss: +(\d+) kB$", re.MULTILINE)


_KEPT_FOR_LATER: Final = {
    "descriptors of spawner": 24,  # a user namespace for each slot that was ever used at once, and templates
    "sockets of edge": 8,  # connections that idle: callers', and those to control
    "sockets of control": 8,
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
        kinds = [_target(open_file) for open_file in Path(f"/proc/{pid}/fd").iterdir()]
        sockets = sum(kind.startswith("socket:") for kind in kinds)
        counts[f"sockets of {name}"] = sockets
        counts[f"descriptors of {name}"] = len(kinds) - sockets
        counts[f"threads of {name}"] = len(list(Path(f"/proc/{pid}/task").iterdir()))
    mounts = Path(f"/proc/{programs['spawner']}/mountinfo").read_text().splitlines()
    counts["mounts of the spawner"] = len(mounts)
    for instance in daemon.instances():
        groups = named(f"lambent-{instance}")
        counts["control groups"] += sum(len(list(os.walk(group))) for group in groups)
    counts["loop devices"] = sum(
        str(daemon.data_dir) in _text(file)
        for file in Path("/sys/block").glob("loop*/loop/backing_file")
    )
    counts += _packet_filter(daemon)
    memory = {name: _pss_kib(pid) for name, pid in programs.items()}
    return Holding(counts=counts, memory_kib=memory)


def _packet_filter(daemon: DaemonProcess) -> Counter[str]:
    """Tables, rules and links of its instances on the host, and of its router's namespace, which the supervisor holds open."""
    counts: Counter[str] = Counter()
    if os.geteuid() != 0 or (program := nft.find()) is None:
        return counts
    present, links = nft.tables(), {link for _, link in socket.if_nameindex()}
    for instance in daemon.instances():
        counts["links of the host"] += link_name(instance) in links
        if ("inet", table := table_name(instance)) in present:
            counts["tables of the host"] += 1
            counts["rules of the host"] += _handles(program, "-a", "list", "table", "inet", table)
    namespaces = [
        str(open_file)
        for open_file in Path(f"/proc/{daemon.pid}/fd").iterdir()
        if _target(open_file).startswith("net:[")
    ]
    counts["routers"] = len(namespaces)
    for namespace in namespaces:
        inside = ("nsenter", f"--net={namespace}")
        counts["tables of the router"] += len(_lines(*inside, program, "list", "tables"))
        counts["rules of the router"] += _handles(*inside, program, "-a", "list", "ruleset")
        counts["links of the router"] += len(_lines(*inside, "cat", "/proc/net/dev")) - 2  # titles
    return counts


def _handles(*command: str) -> int:
    """How many tables, chains, sets and rules nft lists when asked for their handles."""
    return sum("# handle" in line for line in _lines(*command))


def _lines(*command: str) -> list[str]:
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=30
    ).stdout.splitlines()


def _target(link: Path) -> str:
    with suppress(OSError):  # closed meanwhile
        return str(link.readlink())
    return ""


def _text(file: Path) -> str:
    with suppress(OSError):  # a loop device that is let go of meanwhile
        return file.read_text()
    return ""


def _pss_kib(pid: int) -> int:
    found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text())
    assert found is not None
    return int(found[1])
