"""What tests fetch from registries once and keep for the next run, in the user's cache folder."""

import fcntl
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

_ROOT = Path.home() / ".cache/lambent-tests"
_WORDS = 200


class Unreachable(Exception):
    """A registry did not give what was asked for; the text says why."""


def kept(name: str, fetch: Callable[[Path], None]) -> Path:
    """The folder `name` of the cache, filled by `fetch` if it is not there; workers wait for one another.

    Skips the test where `fetch` raises Unreachable.
    """
    folder, whole = _ROOT / name, _ROOT / f"{name}.whole"
    _ROOT.mkdir(parents=True, exist_ok=True)
    with (_ROOT / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not whole.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a run that was ended in the middle
            folder.mkdir()
            try:
                fetch(folder)
            except Unreachable as reason:
                shutil.rmtree(folder)
                pytest.skip(f"{name} cannot be fetched: {reason}")
            whole.touch()
    return folder


def run(*command: str, at: Path) -> None:
    """Run a registry's client in the folder `at`. Raises Unreachable with its last words."""
    if shutil.which(command[0]) is None:
        raise Unreachable(f"{command[0]} is not in PATH")
    done = subprocess.run(command, cwd=at, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unreachable((done.stderr or done.stdout).strip()[-_WORDS:])
