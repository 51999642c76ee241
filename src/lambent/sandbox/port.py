"""What a sandbox driver offers. One conformance suite, `tests/sandbox/conformance.py`, holds every driver to it."""

import asyncio
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class SandboxFailure(Exception):
    """A sandbox could not be made, bound or limited; the text says why, for the daemon's log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootPlan:
    """What the read-only root of every sandbox of one runtime is made of; equal plans share a template."""

    interpreter_dir: Path | None
    """A self-contained interpreter (`bin/`, `lib/`), shown at /var/lang; None when `links` point into /usr."""
    runtime_dir: Path
    """The bootstrap's files, shown at /var/runtime."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links to make: path below an otherwise empty /var/lang, or absolute and in / or /var itself -> target."""
    hidden: Sequence[str] = ()
    """Directories below the new root to cover with an empty one (site-packages, dist-packages)."""
    libraries: Mapping[str, Path] = field(default_factory=dict)
    """Directories to show read-only, over whatever is there: path below the new root -> directory of the host's. Where there
    is no directory at the path, nothing is shown."""

    def __hash__(self) -> int:
        return hash((self.interpreter_dir, self.runtime_dir, tuple(self.hidden)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxPlan:
    """One sandbox: whose code and limits may still be unknown (they come by `bind`, `store` and `limit`)."""

    root: RootPlan
    argv: Sequence[str]
    """Empty where `late` is not."""
    late: Sequence[str] = ()
    """Programs that the code may bring along. Instead of an interpreter something of the driver's own says WAITING, and on START
    becomes the first of them that is there, in /var/task, with the environment of that frame and without descriptors 3 and 4;
    where it can't, it says INIT_ERROR and ends."""
    environ: Mapping[str, str]
    """What the interpreter itself needs; a function's own variables come over the channel."""
    memory_mb: int
    ephemeral_storage_mb: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a sandbox's runtime ended."""

    exit_status: int | None = None
    """None when a signal ended it."""
    signal: int | None = None
    out_of_memory: bool = False
    """The kernel killed something in it because its memory was used up."""
    peak_memory_bytes: int = 0
    """Without file cache, as far as the driver can tell; 0 when it cannot."""


class Sandbox(Protocol):
    """A sandbox that stands. Its descriptors are non-blocking and belong to it: `kill` closes them."""

    @property
    def name(self) -> str:
        """Unique on this host while the sandbox lives."""
        ...

    @property
    def requests(self) -> int:
        """Write end of the pipe that the runtime reads frames from (its descriptor 3)."""
        ...

    @property
    def responses(self) -> int:
        """Read end of the pipe that the runtime writes frames to (its descriptor 4)."""
        ...

    @property
    def output(self) -> int:
        """Read end of the pipe that is the runtime's stdout and stderr."""
        ...

    @property
    def runtime_api(self) -> socket.socket:
        """Listens on 127.0.0.1:9001 inside the sandbox."""
        ...

    @property
    def endpoint(self) -> socket.socket:
        """Listens on 127.0.0.1:4566 inside the sandbox."""
        ...

    @property
    def places(self) -> Mapping[str, str]:
        """What stands for a place or an address inside that this driver cannot offer itself: `/tmp` -> a directory of the
        host's, `127.0.0.1:9001` -> another port. Empty where everything is where it belongs."""
        ...

    @property
    def ended(self) -> asyncio.Future[Ending]:
        """Done once the runtime has ended, by itself or killed."""
        ...

    def peak_memory_bytes(self) -> int:
        """The most memory that the runtime's first process has had resident so far; 0 where the driver cannot tell. Cheap."""
        ...

    async def bind(
        self, code_tree: Path, *, opt_tree: Path | None = None, memory_mb: int | None = None
    ) -> None:
        """Show `code_tree` read-only at /var/task, and `opt_tree` at /opt, which is empty without one; None keeps the memory.

        Raises SandboxFailure.
        """
        ...

    async def store(self, *, ephemeral_storage_mb: int) -> None:
        """Have an empty /tmp of another size; for a sandbox in which nothing of a function has run. Raises SandboxFailure."""
        ...

    async def limit(self, *, memory_mb: int, cores: float | None) -> None:
        """Set memory (swap included) and CPU; None lifts the CPU quota. Raises SandboxFailure."""
        ...

    def thaw(self, failed: Callable[[str], None]) -> None:
        """Let everything inside go on, soon: what is written to it meanwhile is read then. `failed` is called, later, with the
        reason if it can't be. Comes after every `Sandboxes.freeze` that was asked for before."""
        ...

    async def kill(self) -> Ending:
        """Kill everything inside, wait until it is gone, free what it held. May be called again."""
        ...


class Sandboxes(Protocol):
    """Makes sandboxes."""

    @property
    def isolated(self) -> bool:
        """Whether what runs inside is kept from the host."""
        ...

    async def make(self, plan: SandboxPlan) -> Sandbox:
        """Make a sandbox and start `plan.argv` in it. Raises SandboxFailure; cancelling leaves nothing behind."""
        ...

    def freeze(self, sandboxes: Sequence[Sandbox]) -> None:
        """Stop the runtimes of these, and all that they started, until `thaw`. Returns at once; one that can't be frozen goes on.

        A frozen one can be killed, and ends when its holder does, as any other.
        """
        ...
