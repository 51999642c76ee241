"""The limits of sandboxes, and which processes are theirs: one interface, one driver for each kind of host."""

import errno
import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lambent.model.limits import MAX_PROCESSES

_PERIOD_MICROSECONDS: Final = 100_000
_LEAST_QUOTA_MICROSECONDS: Final = 1_000
_V1_CONTROLLERS: Final = ("memory", "cpu", "pids")
_RUNTIME: Final = "runtime"
"""The group within a sandbox's own in cgroup2 that is frozen."""


class NoCgroups(Exception):
    """This host has no control groups that lambent can use; the text says what it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What the kernel counted of a sandbox."""

    oom_kills: int = 0
    anonymous_bytes: int = 0
    """Memory in use without file cache, now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joining:
    """How a new process gets into the groups of its sandbox; the descriptors are the caller's to close."""

    procs: Sequence[int]
    """Each is to be written "0" by the process itself."""
    into: int | None
    """A group to be born into."""
    frozen: int | None
    """To be written "0" by the runtime itself: the group of what is frozen. The sandbox's first process is not in it, so that
    it ends when nobody holds the sandbox any more, and everything with it."""

    def descriptors(self) -> Sequence[int]:
        """Return all of them."""
        return [*self.procs, *(d for d in (self.into, self.frozen) if d is not None)]


class Cgroups(Protocol):
    """The groups of one instance. Calls that touch a group raise OSError."""

    def names(self) -> set[str]:
        """Return the sandboxes that have groups, also those that an earlier spawner made."""
        ...

    def create(self, name: str, *, memory_mb: int) -> Joining:
        """Make the groups of a sandbox: memory, swap and processes limited, the CPU not."""
        ...

    def limit(self, name: str, *, memory_mb: int, cores: float | None) -> None:
        """Set memory (swap included) and CPU; None lifts the quota."""
        ...

    def limit_memory(self, name: str, *, memory_mb: int) -> None:
        """Set memory, swap included."""
        ...

    def freeze(self, name: str) -> None:
        """Stop the runtime of a sandbox and all that it started; does nothing on a host without a freezer."""
        ...

    def thaw(self, name: str) -> None:
        """Let them go on."""
        ...

    def usage(self, name: str) -> Usage:
        """Return what was counted; zeros where the groups are gone."""
        ...

    def shortage(self, name: str) -> int | None:
        """Return a descriptor that becomes readable when the kernel is about to kill something for want of memory.

        The caller's to close; None where the kernel kills the sandbox whole by itself.
        """
        ...

    def doom(self, name: str) -> None:
        """Kill what the kernel can kill at once, and take away whatever else would keep processes from dying.

        On cgroup v1 a frozen one survives even SIGKILL, and one that may hardly run takes minutes to die. Fine where the
        groups are gone already.
        """
        ...

    def processes(self, name: str) -> set[int]:
        """Return the pids of everything in the sandbox, as this process sees them."""
        ...

    def remove(self, name: str) -> bool:
        """Remove the groups of a sandbox; False while something is in them. Fine where they are gone already."""
        ...

    def close(self) -> None:
        """Remove the instance's own groups, if nothing is left in them."""
        ...


def find(instance: str, *, mounts: Path = Path("/proc/self/mountinfo")) -> Cgroups:
    """Return the driver for a host with these `mounts`. Raises NoCgroups."""
    v1, v2 = _mounted(mounts.read_text(encoding="utf-8"))
    if all(controller in v1 for controller in _V1_CONTROLLERS):
        return V1Cgroups(instance=instance, controllers=v1, unified=v2)
    if v2 is not None:
        raise NoCgroups("a host with cgroup v2 alone is not supported yet: cgroup v1 is needed")
    missing = [c for c in _V1_CONTROLLERS if c not in v1]
    raise NoCgroups(f"cgroup controllers are not mounted: {', '.join(missing)}")


def _mounted(mounts: str) -> tuple[dict[str, Path], Path | None]:
    """Return where each v1 controller is mounted, and where cgroup2 is."""
    v1: dict[str, Path] = {}
    v2 = None
    for line in mounts.splitlines():
        mount, _, kind = line.partition(" - ")
        fields, (system, _, options) = mount.split(), kind.split(" ", 2)
        if system == "cgroup2":
            v2 = Path(fields[4])
        if system == "cgroup" and fields[3] == "/":
            v1.update(dict.fromkeys(options.split(","), Path(fields[4])))
    return v1, v2


class V1Cgroups:
    """Limits by cgroup v1; where cgroup2 is mounted beside it, its freezer and its births."""

    def __init__(
        self, *, instance: str, controllers: Mapping[str, Path], unified: Path | None
    ) -> None:
        own = f"lambent-{instance}"
        self._memory, self._cpu, self._pids = (controllers[c] / own for c in _V1_CONTROLLERS)
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
        inner = [self._unified / name / _RUNTIME] if self._unified is not None else []
        return [*inner, *(parent / name for parent in self._parents())]

    def _frozen(self, name: str) -> Path | None:
        """The group of what is frozen."""
        if self._unified is not None:
            return self._unified / name / _RUNTIME
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
            # One more than the function's: process 1 is counted too.
            _write(self._pids / name / "pids.max", MAX_PROCESSES + 1)
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
        quota = -1
        if cores is not None:
            quota = max(round(cores * _PERIOD_MICROSECONDS), _LEAST_QUOTA_MICROSECONDS)
        _write(self._cpu / name / "cpu.cfs_quota_us", quota)

    def limit_memory(self, name: str, *, memory_mb: int) -> None:
        """Set memory and swap together."""
        group, limit = self._memory / name, memory_mb << 20
        memory, both = group / "memory.limit_in_bytes", group / "memory.memsw.limit_in_bytes"
        if not both.exists():  # swap is not accounted for here
            _write(memory, limit)
            return
        # Memory alone may never exceed memory and swap together: which is set first depends on the direction.
        raising = limit > int(both.read_text(encoding="ascii"))
        for file in (both, memory) if raising else (memory, both):
            _write(file, limit)

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
            _write(group / "cgroup.freeze", int(frozen))
        else:
            _write(group / "freezer.state", "FROZEN" if frozen else "THAWED")

    def usage(self, name: str) -> Usage:
        """Return what v1 counted."""
        group = self._memory / name
        try:
            oom = _fields(group / "memory.oom_control")
            stat = _fields(group / "memory.stat")
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
                _write(group / "cgroup.event_control", f"{shortage} {control}")
            finally:
                os.close(control)
            undo.pop_all()
        return shortage

    def doom(self, name: str) -> None:
        """Kill by cgroup2 where it can (Linux 5.14), lift the quota, and thaw in whichever freezer is used."""
        with suppress(FileNotFoundError):
            if self._unified is not None:
                _write(self._unified / name / "cgroup.kill", 1)
        with suppress(FileNotFoundError):
            _write(self._cpu / name / "cpu.cfs_quota_us", -1)
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
        return all(map(_removed, self._groups(name)))

    def close(self) -> None:
        """Remove the instance's groups."""
        for parent in self._parents():
            _removed(parent)


def _write(file: Path, value: int | str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, str(value).encode())
    except OSError as error:
        raise OSError(error.errno, f"{file.name} = {value}: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _fields(file: Path) -> dict[str, int]:
    pairs = (line.split(" ", 1) for line in file.read_text(encoding="ascii").splitlines())
    return {name: int(value) for name, value in pairs}


def _removed(group: Path) -> bool:
    try:
        group.rmdir()
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno in (errno.EBUSY, errno.ENOTEMPTY):
            return False
        raise
    return True
