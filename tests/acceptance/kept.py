"""What tests fetch or build once and then keep from run to run: `~/.cache/lambent-tests`, safe to remove at any time."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

FOLDER = Path.home() / ".cache/lambent-tests"


def kept(name: str, fill: Callable[[Path], None]) -> Path:
    """The folder `name`, filled by `fill` unless it is there; another worker may be filling one at the same time."""
    place = FOLDER / name
    if not place.is_dir():
        FOLDER.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=FOLDER))
        try:
            fill(making)
            with contextlib.suppress(OSError):  # the other was quicker
                making.rename(place)
        finally:
            shutil.rmtree(making, ignore_errors=True)
    assert place.is_dir()
    return place


def carry_out(*command: str, at: Path, environ: Mapping[str, str] | None = None) -> None:
    """Run `command` in the folder `at`; skips the test, with the command's last words, when it fails."""
    done = subprocess.run(
        command, cwd=at, env=environ, capture_output=True, text=True, check=False, timeout=900
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip())[-300:]
        pytest.skip(f"{Path(command[0]).name} failed, and so what it fetches is missing: {said}")


def program(name: str) -> str:
    """Where the program `name` of this host lies; skips the test where it is missing."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} in PATH")
    return found


def files_below(folder: Path) -> dict[str, str | bytes]:
    """Every file of `folder` by its relative path, as `zipped` takes it."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts
    }
