"""Runtimes that a function brings along: `provided.*`, an executable `bootstrap` in its code or in a layer."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from lambent.runtimes.installed import InstalledRuntime
from lambent.runtimes.pythons import host_packages

PROVIDED: Final = ("provided.al2", "provided.al2023")
_BOOTSTRAPS: Final = ("/var/task/bootstrap", "/opt/bootstrap")
_ENVIRON: Final[Mapping[str, str]] = {
    "PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LANG": "en_US.UTF-8",
    "LD_LIBRARY_PATH": "/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
    "TZ": ":UTC",
}
"""As the managed runtimes have it, without /var/lang, where nothing is."""


def provided(identifier: str, *, cache_dir: Path, usr: Path) -> InstalledRuntime:
    """A runtime that every host has: the program finds the host's libraries, not Amazon Linux's. Raises OSError."""
    folder = cache_dir / identifier
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return InstalledRuntime(
        identifier=identifier,
        version="1",
        executable=usr,
        interpreter_dir=None,
        hidden=host_packages(usr),
        argv=(),
        late=_BOOTSTRAPS,
        environ=_ENVIRON,
        bootstrap_dir=folder,
    )
