"""Where the operator of this host has interpreters."""

import os
import pwd
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class InterpreterPlaces:
    """Where to look for runtimes."""

    homes: tuple[Path, ...]
    """Of the user and, below sudo, of whoever called it: version managers install there."""
    search_path: tuple[Path, ...]
    """The folders of PATH, and those that a shorter PATH forgets."""


def places_of(environ: Mapping[str, str]) -> InterpreterPlaces:
    """The places of this process's user, whose environment is `environ`."""
    homes = [Path(environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir)]
    caller = environ.get("SUDO_USER", "")
    with suppress(KeyError):
        homes += [Path(pwd.getpwnam(caller).pw_dir)] if caller else []
    folders = [Path(part) for part in environ.get("PATH", "").split(":") if part]
    folders += [Path("/usr/local/bin"), Path("/usr/bin")]
    return InterpreterPlaces(
        homes=tuple(dict.fromkeys(homes)), search_path=tuple(dict.fromkeys(folders))
    )
