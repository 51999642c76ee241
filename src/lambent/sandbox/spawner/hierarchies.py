"""Where this host's control groups are, which driver fits them, and where in them the groups of an instance belong."""

import errno
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from lambent.sandbox.spawner.cgroups import CONTROLLERS, Cgroups, NoCgroups
from lambent.sandbox.spawner.cgroups_v1 import V1Cgroups
from lambent.sandbox.spawner.cgroups_v2 import V2Cgroups, enable
from lambent.sandbox.spawner.group_files import write

_PROGRAMS: Final = "lambent.programs"
"""The group of what was in a group that got controllers; no instance can have this name."""
_DELEGATED: Final = ("trusted.delegate", "user.delegate")
"""How systemd marks a group that it leaves to whom it gave it."""
_ROUNDS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """What the kernel says of the calling process."""

    mounts: Path = Path("/proc/self/mountinfo")
    groups: Path = Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unified:
    """Where cgroup2 is mounted, and which of its groups is seen there."""

    at: Path
    root: PurePosixPath


def find(instance: str, *, process: Process = Process()) -> Cgroups:
    """Return the driver for this host, ready to make sandboxes. Raises NoCgroups."""
    v1, v2 = _mounted(process)
    if v2 is None or not _limits(v2):
        return _v1(instance, v1, v2)
    base = _base(v2, process)
    own = base / _name(instance)
    try:
        _make_room(base)
        own.mkdir(exist_ok=True)
        enable(own)
    except OSError as error:
        raise NoCgroups(f"no groups can be made in {base}: {error}") from error
    return V2Cgroups(own=own)


def leftovers(instance: str, *, process: Process = Process()) -> Sequence[Cgroups]:
    """Return drivers for all that an instance may have left: on cgroup v2 another daemon may have been in another group."""
    v1, v2 = _mounted(process)
    if v2 is None or not _limits(v2):
        try:
            return [_v1(instance, v1, v2)]
        except NoCgroups:
            return []
    return [V2Cgroups(own=own) for own in _named(v2.at, _name(instance))]


def _name(instance: str) -> str:
    return f"lambent-{instance}"


def _v1(instance: str, v1: dict[str, Path], v2: _Unified | None) -> V1Cgroups:
    missing = [c for c in CONTROLLERS if c not in v1]
    if not missing:
        return V1Cgroups(instance=instance, controllers=v1, unified=v2.at if v2 else None)
    if v2 is not None and not v1:
        found = (v2.at / "cgroup.controllers").read_text("ascii").split()
        missing = [c for c in CONTROLLERS if c not in found]
        raise NoCgroups(f"cgroup2 at {v2.at} lacks controllers: {', '.join(missing)}")
    raise NoCgroups(f"cgroup controllers are not mounted: {', '.join(missing)}")


def _mounted(process: Process) -> tuple[dict[str, Path], _Unified | None]:
    """Return where each v1 controller is mounted, and where cgroup2 is."""
    v1: dict[str, Path] = {}
    v2 = None
    for line in process.mounts.read_text(encoding="utf-8").splitlines():
        mount, _, kind = line.partition(" - ")
        fields, (system, _, options) = mount.split(), kind.split(" ", 2)
        if system == "cgroup2":
            v2 = _Unified(at=Path(fields[4]), root=PurePosixPath(fields[3]))
        if system == "cgroup" and fields[3] == "/":
            v1.update(dict.fromkeys(options.split(","), Path(fields[4])))
    return v1, v2


def _limits(v2: _Unified) -> bool:
    """Tell whether cgroup2 has all controllers; what a v1 hierarchy holds, it lacks."""
    try:
        found = (v2.at / "cgroup.controllers").read_text("ascii").split()
    except FileNotFoundError:
        return False
    return set(CONTROLLERS) <= set(found)


def _base(v2: _Unified, process: Process) -> Path:
    """Return where the instance's group goes: into what systemd delegated to this process, else to the top.

    At the top nobody takes its controllers away: the kernel leaves them on in a group while they are on in one below.
    """
    own = _group_of(v2, process)
    return own if _delegated(own) else v2.at


def is_delegated(*, process: Process = Process()) -> bool:
    """Tell whether systemd has left a group to the calling process and what it starts."""
    _, v2 = _mounted(process)
    return v2 is not None and _delegated(_group_of(v2, process))


def _group_of(v2: _Unified, process: Process) -> Path:
    """Return the group of the calling process, or that which it was moved out of."""
    for line in process.groups.read_text(encoding="utf-8").splitlines():
        number, _, path = line.split(":", 2)
        if number == "0" and PurePosixPath(path).is_relative_to(v2.root):
            own = v2.at / PurePosixPath(path).relative_to(v2.root)
            return own.parent if own.name == _PROGRAMS else own
    return v2.at


def _delegated(group: Path) -> bool:
    for attribute in _DELEGATED:
        try:
            if os.getxattr(group, attribute) == b"1":
                return True
        except OSError:
            continue
    return False


def _make_room(base: Path) -> None:
    """Enable controllers in a group, and move what is in it to a group of its own where the kernel demands that."""
    for _ in range(_ROUNDS):
        try:
            enable(base)
        except OSError as error:
            if error.errno != errno.EBUSY:
                raise
        else:
            return
        _move_programs(base)  # again, where one of them forked meanwhile
    raise OSError(errno.EBUSY, "its processes multiply")


def _move_programs(base: Path) -> None:
    programs = base / _PROGRAMS
    programs.mkdir(exist_ok=True)
    for pid in (base / "cgroup.procs").read_text("ascii").split():
        try:
            write(programs / "cgroup.procs", pid)
        except ProcessLookupError:
            continue


def _named(top: Path, name: str) -> Iterator[Path]:
    for place, inner, _ in os.walk(top):
        if name in inner:
            yield Path(place) / name
            inner.remove(name)
