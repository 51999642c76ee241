"""How a new process becomes a program of the daemon's user: what it needs is put in sight, then root is given up for good."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import lambent
from lambent.daemon.daemon_user import DaemonUser
from lambent.daemon.failure import StartFailure
from lambent.daemon.interpreters import InterpreterPlaces
from lambent.daemon.own_view import furnish_home, show
from lambent.daemon.privileges import become
from lambent.sandbox.spawner.sight import may

_WHERE_INTERPRETERS_LIE: Final = (
    *(".pyenv/versions", ".local/share/uv/python"),
    *(".nvm/versions", ".local/share/fnm/node-versions", ".fnm/node-versions"),
    *(".volta/tools/image", ".local/share/mise/installs", ".asdf/installs", ".nodenv/versions"),
)
"""Below a home."""
_READ: Final = 0o4
_ENTER: Final = 0o5
_WITNESSES: Final = ("uvloop", "msgspec", "botocore")
"""Packages whose files tell whether the virtual environment can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AsUser:
    """Called as root, in a process of one thread, leaves it without any of root's powers. Raises OSError."""

    user: DaemonUser
    data_dir: Path
    interpreters: InterpreterPlaces
    below: Path
    """Any directory but the root."""
    home: Path | None = None
    """Where it finds its settings for npm and pip, if it is to fetch anything."""

    def __call__(self) -> None:
        """Become that user."""
        places = [*_program(), self.data_dir, *interpreters_below_homes(self.interpreters)]
        if self.home is not None:
            furnish_home(self.home, of=self.interpreters.homes[0], user=self.user)
        show(places, below=self.below, user=self.user)
        become(self.user.uid, self.user.gid)


def interpreters_below_homes(places: InterpreterPlaces) -> Sequence[Path]:
    """Where version managers keep interpreters: what there is of it is in sight also where homes are closed."""
    all_of_them = (home / each for home in places.homes for each in _WHERE_INTERPRETERS_LIE)
    return [place for place in all_of_them if place.is_dir()]


def demand_readable(user: DaemonUser) -> None:
    """Raise StartFailure when `user` may not read the program itself, wherever that is shown."""
    for path in _telling():
        found = path.stat()
        wanted = _ENTER if path.is_dir() else _READ
        if not may(found, uid=user.uid, gid=user.gid, others=wanted):
            raise StartFailure(
                f"Edge and control run as {user}, which may not read {path}: "
                f"chmod -R go+rX {_top_of(path)}, or name an account that may with --user."
            )


def _program() -> Iterator[Path]:
    """Where the program lies: its modules, its interpreter, its packages."""
    yield Path(lambent.__file__).parents[1]
    yield Path(sys.executable)
    yield from (Path(sys.prefix), Path(sys.base_prefix))


def _telling() -> Iterable[Path]:
    modules = Path(lambent.__file__)
    yield from (modules.parents[1], modules.parent, modules, Path(__file__))
    yield from (Path(sys.prefix), Path(sys.executable).resolve())
    for name in _WITNESSES:
        spec = find_spec(name)
        if spec is not None and spec.origin:
            yield from (Path(spec.origin).parent, Path(spec.origin))


def _top_of(path: Path) -> Path:
    """The part of the program that `path` belongs to."""
    tops = [place for place in _program() if place.is_dir() and path.is_relative_to(place)]
    return tops[0] if tops else path
