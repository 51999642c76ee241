"""The program's own modules, compiled by root beforehand: edge and control can't write beside their sources."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_HEADER: Final = 16
_FLAGS_AND_TIME: Final = slice(4, 16)


def compile_stale(package: Path) -> None:
    """Compile the modules below `package` whose compiled form is missing or old; where it can't be kept, leave it be."""
    if sys.dont_write_bytecode or sys.pycache_prefix is not None:
        return
    for source in _stale(package):
        import py_compile

        with suppress(OSError, py_compile.PyCompileError):
            py_compile.compile(str(source), doraise=True)


def _stale(package: Path) -> Iterator[Path]:
    for source in package.rglob("*.py"):
        found = source.stat()
        # As importlib has it: no flags, the source's time of change, its size.
        expected = bytes(4) + int(found.st_mtime).to_bytes(4, "little") + _size(found.st_size)
        if (
            _header(Path(importlib.util.cache_from_source(str(source))))[_FLAGS_AND_TIME]
            != expected
        ):
            yield source


def _size(count: int) -> bytes:
    return (count & 0xFFFFFFFF).to_bytes(4, "little")


def _header(compiled: Path) -> bytes:
    try:
        with compiled.open("rb") as file:
            return file.read(_HEADER)
    except OSError:
        return b""
