"""Asking a Python what it is: only one that has answered is believed, since version managers leave stand-ins in PATH."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.runtimes.answers import Answers, ProbeFailure, run

# Imports what the bootstrap imports: a Python cut down by its distribution fails here and not in a sandbox.
_QUESTION: Final = """
import json, logging, resource, site, struct, sys, sysconfig, traceback
print(json.dumps({
    "version": sys.version_info[:3],
    "implementation": sys.implementation.name,
    "prefix": sys.base_prefix,
    "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "packages": site.getsitepackages([sys.base_prefix]),
}))
"""
_ALONE: Final = ("-I", "-S")
"""Without what a user has installed or set."""
_COMPILE: Final = """
import compileall, py_compile, sys
mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
sys.exit(0 if compileall.compile_dir(sys.argv[1], quiet=2, invalidation_mode=mode) else 1)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreter:
    """A Python that has answered."""

    executable: Path
    version: tuple[int, int, int]
    prefix: Path
    packages: Sequence[Path]
    """Where its own third-party packages lie."""

    @property
    def series(self) -> str:
        """`3.12`."""
        return f"{self.version[0]}.{self.version[1]}"


def compile_bootstrap(interpreter: Interpreter, folder: Path) -> None:
    """Put compiled modules beside the sources in `folder`. Raises ProbeFailure."""
    code, _, said = run(interpreter.executable, *compile_arguments(folder))
    if code:
        raise ProbeFailure(f"{interpreter.executable} cannot compile the bootstrap: {said}")


def compile_arguments(folder: Path) -> tuple[str, ...]:
    """With these a Python puts compiled modules beside the sources in `folder`, which are taken to stay as they are."""
    return (*_ALONE, "-c", _COMPILE, str(folder))


def ask_python(executable: Path, answers: Answers) -> Interpreter | str:
    """What `executable` says that it is, or why it cannot be used, in words that follow its path."""
    try:
        code, out, said = answers.ask(executable, *_ALONE, "-c", _QUESTION)
    except ProbeFailure as failure:
        return str(failure)
    if code:
        return f"does not work: {said}"
    try:
        told = json.loads(out)
        major, minor, micro = told["version"]
        interpreter = Interpreter(
            executable=executable,
            version=(int(major), int(minor), int(micro)),
            prefix=Path(told["prefix"]),
            packages=tuple(map(Path, told["packages"])),
        )
        implementation, free_threaded = told["implementation"], told["free_threaded"]
    except (ValueError, KeyError, TypeError) as error:
        return f"does not answer as a Python does: {error}"
    if implementation != "cpython":
        return f"is {implementation}, not CPython"
    return "is a free-threaded build, which AWS does not have" if free_threaded else interpreter
