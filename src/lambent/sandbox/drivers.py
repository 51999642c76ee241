"""The three drivers, and what each does not give: one table, which the conformance suite, the daemon and its doctor read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

DIRECT, BUBBLEWRAP, PROCESS = "direct", "bubblewrap", "process"

PROMISES: Final[Mapping[str, str]] = {
    "walls": "functions see neither the host nor one another: files, processes, memory, network",
    "calls": "only harmless system calls, no capability, no way back to a privilege",
    "storage": "/tmp has the size of EphemeralStorage",
    "storage on disk": "/tmp is not charged to memory",
    "encryption": "unpacked code and /tmp are encrypted on the disk, where the kernel can (doctor says so)",
    "network": "other hosts are reached by NAT, this one never",
    "freezing": "an idle environment takes no CPU at all",
    "memory": "MemorySize holds for the environment as a whole; what ends it for that is told",
    "cpu": "CPU by MemorySize",
    "processes": "1,024 processes and threads an environment, no matter what else runs",
    "users": "each environment has host users of its own",
    "packages": "packages of the host are not seen",
    "places": "/tmp, /opt, /var/task, 127.0.0.1:9001 and :4566 are where AWS has them",
    "all ends": "everything that a function started ends with its environment, whatever it did",
}
"""What a driver gives unless it lists the promise among its lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One way to make sandboxes."""

    name: str
    how: str
    """What functions run in, in a few words."""
    network: str = "nat"
    """The most of a network that functions can have."""
    program: str = "lambent.sandbox.spawner.main"
    """The spawner's, as a module."""
    spool: str = "spool"
    """The room of the data directory that it works in."""
    warning: str = ""
    """What has to be said at every start."""
    lacks: Mapping[str, str] = field(default_factory=dict)
    """Promise -> what there is instead."""

    @property
    def isolated(self) -> bool:
        """Whether what runs inside is kept from the host."""
        return "walls" not in self.lacks

    @property
    def shown(self) -> str:
        """For banner and health: the name, and the warning where there is one."""
        return f"{self.name}: {self.warning}" if self.warning else self.name


_NO_GROUPS: Final = "no control group is used"

DRIVERS: Final[Mapping[str, Driver]] = {
    DIRECT: Driver(
        name=DIRECT, how="namespaces, cgroups and seccomp filters of their own, made by root"
    ),
    BUBBLEWRAP: Driver(
        name=BUBBLEWRAP,
        how="namespaces and seccomp filters of their own, in a user namespace that bwrap makes",
        program="lambent.sandbox.spawner.rootless",
        network="none",
        lacks={
            "storage on disk": "/tmp is a tmpfs of that size: it is made of the host's memory",
            "encryption": "unpacked code lies in plain below the data directory, which is closed to other users",
            "network": "functions reach lambent alone: a network of their own needs root",
            "freezing": f"idle environments run on ({_NO_GROUPS})",
            "memory": f"no limit ({_NO_GROUPS}); the host's out-of-memory killer takes functions first",
            "cpu": f"functions share the host's cores as the scheduler likes ({_NO_GROUPS})",
            "users": "all are the one user who started lambent, told apart by namespaces alone, and keep its groups; code's files are the function's own",
        },
    ),
    PROCESS: Driver(
        name=PROCESS,
        spool="processes",
        how="plain child processes of the daemon's",
        network="host",
        warning="functions are NOT isolated: each can do whatever the user who started lambent can",
        lacks={
            "walls": "a function sees and does what its user can",
            "calls": "every system call that its user may make",
            "storage": "a folder in the data directory, without a limit; TMPDIR names it",
            "storage on disk": "what is written to the host's /tmp is the host's",
            "encryption": "unpacked code and TMPDIR lie in plain below the data directory, closed to other users",
            "network": "functions have the host's own, with its loopback",
            "freezing": f"idle environments run on ({_NO_GROUPS})",
            "memory": f"no limit ({_NO_GROUPS})",
            "cpu": f"no share ({_NO_GROUPS})",
            "processes": "what the user may have in all",
            "users": "the user who started lambent",
            "packages": "what the host's interpreter imports, a function does",
            "places": "other paths and ports, told in LAMBDA_TASK_ROOT, TMPDIR, AWS_LAMBDA_RUNTIME_API and AWS_ENDPOINT_URL",
            "all ends": "a process that left its family and its environment variables may stay until the daemon ends",
        },
    ),
}
