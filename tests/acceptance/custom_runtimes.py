"""Functions that bring their own runtime."""

import functools
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import ROOT
from tests.acceptance.functions import create, zipped
from tests.acceptance.kept import kept, run

RUNTIME = "provided.al2023"
RIC = """#!/bin/sh
exec /usr/bin/python3 -m awslambdaric "$_HANDLER"
"""
"""A bootstrap that starts AWS's own runtime client."""
_PROBE = Path(__file__).parent / "native/probe.c"
_CLIENT = ROOT / "examples/native/function"


@functools.cache
def probe() -> bytes:
    """The compiled probe; skips where there is no compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler on this host")
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "bootstrap"
        sources = [str(_PROBE), str(_CLIENT / "runtime.c")]
        command = [compiler, "-O1", "-static", f"-I{_CLIENT}", "-o", str(program), *sources]
        subprocess.run(command, check=True)
        return program.read_bytes()


def bring(
    lam: Any, name: str, bootstrap: str | bytes | None, *, mode: int = 0o755, **settings: Any
) -> dict[str, Any]:
    """Create a function with `bootstrap`, or without any, and wait until it is active."""
    files: dict[str, str | bytes] = {"readme": "x"}
    if bootstrap is not None:
        files["bootstrap"] = bootstrap
    settings.setdefault("Runtime", RUNTIME)
    settings.setdefault("Handler", "not.used")
    return create(lam, name, "", Code={"ZipFile": zipped(files, mode=mode)}, **settings)


def packages_for_the_host(*names: str) -> dict[str, str | bytes]:
    """The files of packages for the host's own Python, from PyPI and then from the cache; skips without network."""
    python = Path("/usr/bin/python3").resolve()
    if not python.is_file():
        pytest.skip("the host has no Python of its own in /usr/bin")
    version = python.name.removeprefix("python")

    def fetch(folder: Path) -> None:
        command = (sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder))
        run(*command, "--only-binary", ":all:", "--python-version", version, *names, at=folder)

    folder = kept(f"{'-'.join(names)}-{version}", fetch)
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in files
        if "__pycache__" not in file.parts
    }
