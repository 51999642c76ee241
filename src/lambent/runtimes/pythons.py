"""Where Pythons lie on a host, and how a sandbox shows one."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.runtimes.answers import ProbeFailure
from lambent.runtimes.looking import entries, is_file
from lambent.runtimes.probing import Interpreter

LANG_DIR: Final = "/var/lang"
_USR: Final = Path("/usr")
_HOST_PACKAGES: Final = (
    "lib/python3*/dist-packages",
    "lib/python3*/site-packages",
    "lib64/python3*/site-packages",
    "share/nodejs",
    "lib/node_modules",
)
"""Below /usr: a function meets no package of the host's."""
_PYTHONS_OWN_COMMAND: Final = re.compile(r"(python|pip|pydoc|idle|2to3|wheel|easy_install)[\w.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """How a sandbox shows an interpreter."""

    interpreter_dir: Path | None
    links: Mapping[str, str]
    hidden: Sequence[str]


class Places:
    """The folders to look in: `homes` for version managers, `search_path` as a shell's PATH, `opt` and `usr` as /opt, /usr."""

    def __init__(
        self,
        *,
        homes: Sequence[Path],
        search_path: Sequence[Path],
        opt: Path = Path("/opt"),
        usr: Path = _USR,
    ) -> None:
        self._homes, self._search_path, self._opt = homes, search_path, opt
        self._of_distribution = [folder for folder in search_path if folder == usr / "bin"]

    def candidates(self, series: str) -> Iterator[Path]:
        """Files that may be a Python of `series` (`3.12`), the likeliest first, each once."""
        seen: set[Path] = set()
        for candidate in self._all(series):
            if candidate not in seen and is_file(candidate):
                seen.add(candidate)
                yield candidate

    def _all(self, series: str) -> Iterator[Path]:
        name = f"python{series}"
        # The distribution's own comes first: it is built with profile-guided optimisation, which pyenv leaves out by
        # default (half the time for the same handler), and has its security updates.
        yield from (folder / name for folder in self._of_distribution)
        for home in self._homes:
            pattern = rf"{re.escape(series)}\.(\d+)"
            yield from _newest_first(home / ".pyenv/versions", pattern, f"bin/{name}")
        for home in self._homes:
            pattern = rf"cpython-{re.escape(series)}\.(\d+)-linux-[\w-]+"
            yield from _newest_first(home / ".local/share/uv/python", pattern, f"bin/{name}")
        for depth in ("*/bin", "*/*/bin"):
            yield from sorted(self._opt.glob(f"{depth}/{name}"))
        yield from (folder / name for folder in self._search_path)


def _newest_first(folder: Path, pattern: str, executable: str) -> list[Path]:
    found = []
    for entry in entries(folder):
        match = re.fullmatch(pattern, entry.name)
        if match:
            found.append((int(match[1]), entry / executable))
    return [path for _, path in sorted(found, reverse=True)]


def host_packages(usr: Path) -> Sequence[str]:
    """The folders of packages below `usr`, as a sandbox sees them: functions do not."""
    return tuple(
        f"/usr/{d.relative_to(usr)}"
        for p in _HOST_PACKAGES
        for d in sorted(usr.glob(p))
        if d.is_dir()
    )


def shown(interpreter: Interpreter, *, usr: Path = _USR) -> Shown:
    """How a sandbox shows `interpreter`. Raises ProbeFailure when that would show more than the interpreter."""
    name = f"python{interpreter.series}"
    prefix = interpreter.prefix
    covered = host_packages(usr)
    if prefix == usr:
        names = (name, "python3", "python")
        links = {f"bin/{each}": f"/usr/bin/{name}" for each in names}
        return Shown(interpreter_dir=None, links=links, hidden=covered)
    if not (prefix / "bin" / name).exists() or not (prefix / "lib" / name / "os.py").exists():
        raise ProbeFailure(f"{interpreter.executable} has no library of its own below {prefix}")
    hidden = [
        f"{LANG_DIR}/{d.relative_to(prefix)}"
        for d in interpreter.packages
        if d.is_relative_to(prefix) and d.is_dir()
    ]
    if prefix == usr / "local" or not prefix.is_relative_to(usr):
        hidden += _strangers(prefix, name) if prefix == usr / "local" else ()
        return Shown(interpreter_dir=prefix, links={}, hidden=(*hidden, *covered))
    raise ProbeFailure(
        f"{interpreter.executable} lies at {prefix}, which functions see differently"
    )


def _strangers(prefix: Path, name: str) -> Iterable[str]:
    """What else lies in a prefix that others share, to be covered. Raises ProbeFailure where it can't be."""
    for command in (prefix / "bin").iterdir():
        if not _PYTHONS_OWN_COMMAND.fullmatch(command.name) and not _is_script_of(command, prefix):
            raise ProbeFailure(
                f"{prefix}/bin/{name} shares its folder with {command.name}, which functions may not see"
            )
    for library in (prefix / "lib").iterdir():
        if not library.is_dir() and not library.name.startswith("libpython"):
            raise ProbeFailure(
                f"{prefix}/bin/{name} shares its folder with {library}, which functions may not see"
            )
        if library.is_dir() and library.name != name:
            yield f"{LANG_DIR}/lib/{library.name}"
    for entry in prefix.iterdir():
        if entry.name not in ("bin", "lib") and entry.is_dir():
            yield f"{LANG_DIR}/{entry.name}"


def _is_script_of(command: Path, prefix: Path) -> bool:
    """Whether it is the entry point of a package: a few lines that begin with this Python's path."""
    if not command.is_file() or command.stat().st_size > 1_024:
        return False
    return command.read_bytes().startswith(b"#!%b/bin/python" % bytes(prefix))
