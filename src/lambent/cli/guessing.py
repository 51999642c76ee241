"""What a folder's runtime and handler are, when they are not said: by the names of AWS's guides."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from lambent.cli.failure import CommandFailure

_PROGRAM: Final = "bootstrap"
_FAMILIES: Final[Mapping[str, Sequence[str]]] = {
    "provided": (_PROGRAM,),
    "python": ("*.py",),
    "nodejs": ("*.mjs", "*.js", "*.cjs"),
}
"""What a folder of a family has, the first that fits."""
_HANDLERS: Final[Mapping[str, Sequence[str]]] = {
    "python": ("app.handler", "lambda_function.lambda_handler", "main.handler"),
    "nodejs": ("index.handler", "app.handler", "main.handler"),
}
_SUFFIXES: Final[Mapping[str, Sequence[str]]] = {
    "python": (".py",),
    "nodejs": (".js", ".mjs", ".cjs"),
}
_DEFINED: Final[Mapping[str, str]] = {
    "python": r"^(async )?def {name}\(|^{name} *=",
    "nodejs": r"\bexports\.{name}\b|\bexport\b.*\b{name}\b",
}


def guessed_runtime(source: Path, installed: Iterable[str]) -> str:
    """The newest of `installed` that the folder's files are for. Raises CommandFailure when that is not clear."""
    for family, patterns in _FAMILIES.items():
        if not any(any(source.glob(pattern)) for pattern in patterns):
            continue
        fitting = [name for name in installed if name.startswith(family)]
        if fitting:
            return max(fitting, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])
    raise CommandFailure("Which runtime? Say for instance --runtime python3.12.")


def guessed_handler(source: Path, runtime: str) -> str:
    """The handler of a package for `runtime`. Raises CommandFailure when there is none by a usual name."""
    family = next((name for name in _FAMILIES if runtime.startswith(name)), "python")
    if family == "provided":
        return _PROGRAM  # AWS wants one; what it means is the program's own business
    for handler in _HANDLERS[family]:
        module, _, function = handler.partition(".")
        defined = re.compile(_DEFINED[family].replace("{name}", function), re.MULTILINE)
        for suffix in _SUFFIXES[family]:
            file = source / f"{module}{suffix}"
            if file.is_file() and defined.search(file.read_text("utf-8", errors="replace")):
                return handler
    raise CommandFailure(
        f"Which function of {source} is to be called? Say --handler FILE.FUNCTION, "
        f"for instance --handler {_HANDLERS[family][0]}."
    )
