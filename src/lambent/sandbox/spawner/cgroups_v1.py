"""Limits by cgroup v1; where cgroup2 is mounted beside it, its freezer and its births."""

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

from lambent.sandbox.spawner.cgroups import (
    CONTROLLERS,
    MOST_TASKS,
    RUNTIME,
    Joining,
    Usage,
    quota_microseconds,
)
from lambent.sandbox.spawner.group_files import fields, removed, write


class V1Cgroups:
    """Limits by cgroup v1; where cgroup2 is mounted beside it, its freezer and its births."""

    def __init__(
        self, *, instance: str, controllers: Mapping[str, Path], unified: Path | None
    ) -> None:
        own = f"lambent-{instance}"
        self._memory, self._cpu, self._pids = (controllers[c] / own for c in CONTROLLERS)
        self._attached = [self._memory, self._cpu, self._pids]
        self._unified = unified / own if unified is not None else None
        self._freezer = None
        if self._unified is None and "freezer" in controllers:
            self._freezer = controllers["freezer"] / own

    def _parents(self) -> list[Path]:
        others = (self._unified, self._freezer)
        return [*self._attached, *(parent for parent in others if parent is not None)]

    def _groups(self, name: str) -> list[Path]:
        """Every group of a sandbox, inner ones first."""
        inner = [self._unified / name / RUNTIME] if self._unified is not None else []
        return [*inner, *(parent / name for parent in self._parents())]

    def _frozen(self, name: str) -> Path | None:
        """The group of what is frozen."""
        if self._unified is not None:
            return self._unified / name / RUNTIME
        return self._freezer / name if self._freezer is not None else None

    def names(self) -> set[str]:
        """Return the sandboxes that have a group in any hierarchy."""
        return {
            entry.name
            for parent in self._parents()
            if parent.is_dir()
            for entry in os.scandir(parent)
            if entry.is_dir()
        }

    def create(self, name: str, *, memory_mb: int) -> Joining:
        """Make the groups of a sandbox; on failure those made are removed."""
        with ExitStack() as undo:
            undo.callback(self.remove, name)
            opened: list[int] = []
            for group in reversed(self._groups(name)):
                group.mkdir(parents=True)
            self.limit_memory(name, memory_mb=memory_mb)
            write(self._pids / name / "pids.max", MOST_TASKS)
            frozen = self._frozen(name)
            groups = [parent / name for parent in self._attached]
            for group in groups if frozen is None else [*groups, frozen]:
                procs = os.open(group / "cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
                undo.callback(os.close, procs)
                opened.append(procs)
            into = None
            if self._unified is not None:
                into = os.open(self._unified / name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            undo.pop_all()
            return Joining(
                procs=opened[: len(groups)],
                into=into,
                frozen=opened[-1] if frozen is not None else None,
            )

    def limit(self, name: str, *, memory_mb: int, cores: float | None) -> None:
        """Set memory and CPU; memory that is in use and can't be reclaimed below the limit raises EBUSY."""
        self.limit_memory(name, memory_mb=memory_mb)
        quota = -1 if cores is None else quota_microseconds(cores)
        write(self._cpu / name / "cpu.cfs_quota_us", quota)

    def limit_memory(self, name: str, *, memory_mb: int) -> None:
        """Set memory and swap together."""
        group, limit = self._memory / name, memory_mb << 20
        memory, both = group / "memory.limit_in_bytes", group / "memory.memsw.limit_in_bytes"
        if not both.exists():  # swap is not accounted for here
            write(memory, limit)
            return
        # Memory alone may never exceed memory and swap together: which is set first depends on the direction.
        raising = limit > int(both.read_text(encoding="ascii"))
        for file in (both, memory) if raising else (memory, both):
            write(file, limit)

    def freeze(self, name: str) -> None:
        """Freeze by cgroup2 where it is there; it takes effect a moment later."""
        self._set_frozen(name, frozen=True)

    def thaw(self, name: str) -> None:
        """Thaw by the freezer that freezes."""
        self._set_frozen(name, frozen=False)

    def _set_frozen(self, name: str, *, frozen: bool) -> None:
        group = self._frozen(name)
        if group is None:
            return
        if self._unified is not None:
            write(group / "cgroup.freeze", int(frozen))
        else:
            write(group / "freezer.state", "FROZEN" if frozen else "THAWED")

    def usage(self, name: str) -> Usage:
        """Return what v1 counted."""
        group = self._memory / name
        try:
            oom = fields(group / "memory.oom_control")
            stat = fields(group / "memory.stat")
        except FileNotFoundError:
            return Usage()
        return Usage(oom_kills=oom.get("oom_kill", 0), anonymous_bytes=stat.get("total_rss", 0))

    def shortage(self, name: str) -> int | None:
        """Return an eventfd that v1 signals: its kernel picks one process, the others would go on without it."""
        group = self._memory / name
        shortage = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        with ExitStack() as undo:
            undo.callback(os.close, shortage)
            control = os.open(group / "memory.oom_control", os.O_RDONLY | os.O_CLOEXEC)
            try:
                write(group / "cgroup.event_control", f"{shortage} {control}")
            finally:
                os.close(control)
            undo.pop_all()
        return shortage

    def doom(self, name: str) -> None:
        """Kill by cgroup2 where it can (Linux 5.14), lift the quota, and thaw in whichever freezer is used."""
        with suppress(FileNotFoundError):
            if self._unified is not None:
                write(self._unified / name / "cgroup.kill", 1)
        with suppress(FileNotFoundError):
            write(self._cpu / name / "cpu.cfs_quota_us", -1)
        with suppress(FileNotFoundError):
            self.thaw(name)

    def processes(self, name: str) -> set[int]:
        """Return what is in any hierarchy: one being born is in cgroup2's first."""
        pids: set[int] = set()
        for group in self._groups(name):
            with suppress(FileNotFoundError):
                text = (group / "cgroup.procs").read_text(encoding="ascii")
                pids.update(map(int, text.split()))
        return pids

    def remove(self, name: str) -> bool:
        """Remove the groups of a sandbox."""
        return all(map(removed, self._groups(name)))

    def close(self) -> None:
        """Remove the instance's groups."""
        for parent in self._parents():
            removed(parent)
