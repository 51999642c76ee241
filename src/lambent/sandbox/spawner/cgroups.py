"""The limits of sandboxes, and which processes are theirs: one interface, one driver for each kind of host."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lambent.model.limits import MAX_PROCESSES

CONTROLLERS: Final = ("memory", "cpu", "pids")
"""What limits need; the freezer is built into cgroup2."""
RUNTIME: Final = "runtime"
"""The group within a sandbox's own in cgroup2 that is frozen."""
MOST_TASKS: Final = MAX_PROCESSES + 1
"""Of a sandbox: one more than the function's, for process 1 is counted too."""
PERIOD_MICROSECONDS: Final = 100_000
_LEAST_QUOTA_MICROSECONDS: Final = 1_000


def quota_microseconds(cores: float) -> int:
    """Return how long `cores` may run in a period; the kernel takes no less than a millisecond."""
    return max(round(cores * PERIOD_MICROSECONDS), _LEAST_QUOTA_MICROSECONDS)


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
