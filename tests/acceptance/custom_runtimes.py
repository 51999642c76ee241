"""Functions that bring their own runtime."""

import functools
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import ROOT
from tests.acceptance.functions import create, zipped

RUNTIME = "provided.al2023"
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
