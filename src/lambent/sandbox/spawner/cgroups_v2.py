"""Limits by cgroup v2 alone."""

import os
from contextlib import ExitStack, suppress
from pathlib import Path

from lambent.sandbox.spawner.cgroups import (
    CONTROLLERS,
    MOST_TASKS,
    PERIOD_MICROSECONDS,
    RUNTIME,
    Joining,
    Usage,
    quota_microseconds,
)
from lambent.sandbox.spawner.group_files import fields, removed, write


class V2Cgroups:
    """One group for each sandbox, with all its limits, and within it one for the runtime, which is frozen.

    A sandbox's own group has controllers, but enables none for what is in it: so its process 1 may be in it beside that group.
    """

    def __init__(self, *, own: Path) -> None:
        """`own`: the instance's group, whose controllers are enabled before the first sandbox is made."""
        self._own = own

    def _groups(self, name: str) -> list[Path]:
        """Both groups of a sandbox, the inner one first."""
        return [self._own / name / RUNTIME, self._own / name]

    def names(self) -> set[str]:
        """Return the sandboxes that have a group."""
        if not self._own.is_dir():
            return set()
        return {entry.name for entry in os.scandir(self._own) if entry.is_dir()}

    def create(self, name: str, *, memory_mb: int) -> Joining:
        """Make the groups of a sandbox, to be born into; on failure those made are removed."""
        inner, group = self._groups(name)
        with ExitStack() as undo:
            undo.callback(self.remove, name)
            group.mkdir()
            self.limit_memory(name, memory_mb=memory_mb)
            write(group / "memory.oom.group", 1)
            write(group / "pids.max", MOST_TASKS)
            inner.mkdir()
            frozen = os.open(inner / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
            undo.callback(os.close, frozen)
            into = os.open(group, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            undo.pop_all()
            return Joining(procs=(), into=into, frozen=frozen)

    def limit(self, name: str, *, memory_mb: int, cores: float | None) -> None:
        """Set memory and CPU; a sandbox that uses more memory, and can't give it back, is killed."""
        self.limit_memory(name, memory_mb=memory_mb)
        self._set_quota(name, "max" if cores is None else str(quota_microseconds(cores)))

    def _set_quota(self, name: str, quota: str) -> None:
        write(self._own / name / "cpu.max", f"{quota} {PERIOD_MICROSECONDS}")

    def limit_memory(self, name: str, *, memory_mb: int) -> None:
        """Set memory, and no swap."""
        group = self._own / name
        with suppress(FileNotFoundError):  # swap is not accounted for here
            write(group / "memory.swap.max", 0)
        write(group / "memory.max", memory_mb << 20)

    def freeze(self, name: str) -> None:
        """Freeze the runtime; it takes effect a moment later."""
        write(self._own / name / RUNTIME / "cgroup.freeze", 1)

    def thaw(self, name: str) -> None:
        """Thaw the runtime."""
        write(self._own / name / RUNTIME / "cgroup.freeze", 0)

    def usage(self, name: str) -> Usage:
        """Return what v2 counted."""
        group = self._own / name
        try:
            events, stat = fields(group / "memory.events"), fields(group / "memory.stat")
        except FileNotFoundError:
            return Usage()
        return Usage(oom_kills=events.get("oom_kill", 0), anonymous_bytes=stat.get("anon", 0))

    def shortage(self, name: str) -> int | None:
        """Return None: the kernel kills the sandbox whole."""
        return None

    def doom(self, name: str) -> None:
        """Kill everything at once (Linux 5.14), lift the quota and thaw."""
        with suppress(FileNotFoundError):
            write(self._own / name / "cgroup.kill", 1)
        with suppress(FileNotFoundError):
            self._set_quota(name, "max")
        with suppress(FileNotFoundError):
            self.thaw(name)

    def processes(self, name: str) -> set[int]:
        """Return what is in both groups."""
        pids: set[int] = set()
        for group in self._groups(name):
            with suppress(FileNotFoundError):
                pids.update(map(int, (group / "cgroup.procs").read_text("ascii").split()))
        return pids

    def remove(self, name: str) -> bool:
        """Remove the groups of a sandbox."""
        return all(map(removed, self._groups(name)))

    def close(self) -> None:
        """Remove the instance's group."""
        removed(self._own)


def enable(group: Path) -> None:
    """Have what is in `group` limited by its own controllers; what is on already stays. Raises OSError.

    EBUSY where processes are in the group itself, unless it is the root of all.
    """
    file = group / "cgroup.subtree_control"
    if not set(CONTROLLERS) <= set(file.read_text("ascii").split()):
        write(file, " ".join(f"+{controller}" for controller in CONTROLLERS))
