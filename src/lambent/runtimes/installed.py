"""What the catalogue answers."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

RUNTIME_DIR: Final = "/var/runtime"
"""Where a sandbox shows the bootstrap."""
SDK_DIR: Final = f"{RUNTIME_DIR}/sdk"
"""Where a sandbox shows AWS's SDK, when it was fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledRuntime:
    """A runtime that this host can run, as a sandbox must be told of it."""

    identifier: str
    version: str
    """The interpreter's own, `3.12.1`."""
    executable: Path
    """On the host; for people. /usr where functions bring their own."""
    interpreter_dir: Path | None
    """A self-contained interpreter, to be shown at /var/lang; None when `links` lead into the host's /usr."""
    links: Mapping[str, str] = field(default_factory=dict)
    """Symbolic links: path below an otherwise empty /var/lang, or absolute and in / or /var itself -> target."""
    hidden: Sequence[str] = ()
    """Directories inside the sandbox to cover with an empty one."""
    argv: Sequence[str]
    """Empty where functions bring their own."""
    late: Sequence[str] = ()
    """Where functions bring their own program: of these the first that is there."""
    environ: Mapping[str, str]
    """What the interpreter is started with; a function's own environment begins with the same."""
    bootstrap_dir: Path
    """Shown at /var/runtime."""
    libraries: Mapping[str, Path] = field(default_factory=dict)
    """Directories of the host's to show inside: path inside -> directory."""

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that are others when interpreter or bootstrap is another."""
        named = f"{self.executable}\n{self.version}\n{self.bootstrap_dir.name}"
        return hashlib.sha256(named.encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingRuntime:
    """A runtime that this host cannot run."""

    identifier: str
    reason: str
    """For the function's StateReason: what is lacking and what to do about it."""


Found = InstalledRuntime | MissingRuntime
