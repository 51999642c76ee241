"""The functions that are measured: what each runtime is given to run."""

import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_NATIVE = Path(__file__).parent.parent / "examples" / "native" / "function"
_ECHO_C = """
#include "runtime.h"
#include <stdlib.h>
int main(void) {
    int connection = runtime_connect();
    for (;;) {
        struct answer event = runtime_next(connection);
        runtime_respond(connection, event.request_id, event.body, event.length);
        free(event.body);
    }
}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A package without its mark."""

    runtime: str
    file: str
    content: bytes
    handler: str = "app.handler"

    def marked(self, mark: str) -> Mapping[str, bytes]:
        """The files of a package like no other, so that its code was never loaded before."""
        return {self.file: self.content, "mark": mark.encode()}


PYTHON = b"def handler(event, context):\n    return event\n"
NODE = b"exports.handler = async (event) => event;\n"
SLEEPER = b"import time\ndef handler(event, context):\n    time.sleep(event)\n    return event\n"


def programs(runtimes: Sequence[str]) -> list[Program]:
    """An echo for the newest Python, the newest Node and a program of the function's own, as far as this host has them."""
    found = []
    if python := _newest(runtimes, "python3."):
        found.append(Program(runtime=python, file="app.py", content=PYTHON))
    if node := _newest([r.removesuffix(".x") for r in runtimes], "nodejs"):
        found.append(Program(runtime=f"{node}.x", file="app.js", content=NODE))
    if "provided.al2023" in runtimes and (bootstrap := native()) is not None:
        found.append(Program(runtime="provided.al2023", file="bootstrap", content=bootstrap))
    return found


def _newest(runtimes: Sequence[str], prefix: str) -> str:
    numbers = [int(r.removeprefix(prefix)) for r in runtimes if r.startswith(prefix)]
    return f"{prefix}{max(numbers)}" if numbers else ""


def native() -> bytes | None:
    """A static program that speaks to the Runtime API, None without a C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        source, program = Path(folder) / "echo.c", Path(folder) / "bootstrap"
        source.write_text(_ECHO_C)
        command = [compiler, "-O1", "-static", f"-I{_NATIVE}", "-o", str(program)]
        done = subprocess.run([*command, str(source), str(_NATIVE / "runtime.c")], check=False)
        return program.read_bytes() if done.returncode == 0 else None
