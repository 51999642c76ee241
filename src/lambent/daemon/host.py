"""What the doctor asks of a machine, and what it finds."""

import ctypes
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lambent.sandbox.network.nft import ForwardChain, NftFailure, forward_chains


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked for."""

    what: str
    held: bool
    needed: bool
    """Without it there are no isolated functions here."""
    seen: str
    remedy: str = ""


class Host(Protocol):
    """What can be asked about the machine."""

    def uid(self) -> int:
        """The effective uid."""
        ...

    def kernel(self) -> str:
        """The kernel's release, say 6.1.0-21-amd64."""
        ...

    def text(self, path: str) -> str | None:
        """A file's content, or None when it can't be read."""
        ...

    def exists(self, path: str) -> bool:
        """Whether the path is there."""
        ...

    def program(self, name: str) -> str | None:
        """Where a program is, the system's own folders included."""
        ...

    def loads(self, library: str) -> bool:
        """Whether the dynamic linker finds the library."""
        ...

    def delegated(self) -> bool:
        """Whether systemd has left a cgroup to this process and what it starts."""
        ...

    def rootless_trial(self) -> str:
        """Why an ordinary user can have no sandbox, or nothing; it is tried."""
        ...

    def forward_chains(self) -> Sequence[ForwardChain] | str:
        """The packet filter's chains for what is forwarded, or why they can't be told."""
        ...


class LinuxHost:
    """This machine."""

    def uid(self) -> int:
        """The effective uid."""
        return os.geteuid()

    def kernel(self) -> str:
        """The kernel's release."""
        return os.uname().release

    def text(self, path: str) -> str | None:
        """A file's content."""
        try:
            return Path(path).read_text(errors="replace")
        except OSError:
            return None

    def exists(self, path: str) -> bool:
        """Whether the path is there."""
        return Path(path).exists()

    def program(self, name: str) -> str | None:
        """Debian keeps nft and mkfs in /usr/sbin, which an ordinary PATH lacks."""
        return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")

    def loads(self, library: str) -> bool:
        """Whether the dynamic linker finds the library."""
        try:
            ctypes.CDLL(library)
        except OSError:
            return False
        return True

    def delegated(self) -> bool:
        """Whether systemd has left a cgroup to this process."""
        from lambent.sandbox.spawner.hierarchies import is_delegated

        return is_delegated()

    def rootless_trial(self) -> str:
        """Why this user can have no sandbox."""
        from lambent.sandbox.spawner.trial import attempt

        return attempt()

    def forward_chains(self) -> Sequence[ForwardChain] | str:
        """The packet filter's chains for what is forwarded, those of legacy iptables apart."""
        try:
            return forward_chains()
        except NftFailure as failure:
            return str(failure)
