"""What the daemon's programs are started with: the command line and, for edge and control, what they inherit."""

import json
import sys
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from lambent.daemon.config import Settings
from lambent.daemon.instance import own_dir
from lambent.daemon.interpreters import InterpreterPlaces

_PATHS: Final = ("data_dir",)
_TUPLES: Final = ("allowed_origins", "allowed_hosts", "network_name_servers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance:
    """What the supervisor hands to edge and control, over and over: a restarted one gets the same."""

    settings: Settings
    instance: str
    """In the name of every cgroup, so that two daemons never meet."""
    run_dir: Path
    """RUN of docs/architecture.md."""
    interpreters: InterpreterPlaces
    """The operator's, whose home and path the programs' user does not have."""
    isolation: str
    """The sandbox driver's name."""
    port: int
    """The public port, known even when the settings say 0."""
    listeners: tuple[int, ...] = ()
    """Descriptors that listen on the public port, non-blocking; the edge alone gets them."""
    data_key: int = -1
    """The descriptor of the data directory's key; control alone gets it."""

    @property
    def own_dir(self) -> Path:
        """The part of `run_dir` that edge and control write to."""
        return own_dir(self.run_dir)

    def encode(self) -> str:
        """As text for a command line; holds no secret."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        values |= {"settings": asdict(self.settings), "interpreters": asdict(self.interpreters)}
        return json.dumps(values, default=str)

    @classmethod
    def decode(cls, text: str) -> Self:
        """What `encode` was given."""
        values: dict[str, Any] = json.loads(text)
        return cls(
            **values
            | {
                "settings": _settings(values["settings"]),
                "run_dir": Path(values["run_dir"]),
                "interpreters": _interpreters(values["interpreters"]),
                "listeners": tuple(values["listeners"]),
            }
        )


def command(module: str, *arguments: str, bytecode: Path | None = None) -> tuple[str, ...]:
    """The command line that runs `module` with this interpreter, never importing from the current folder.

    `bytecode` is where it keeps compiled modules, in place of beside their sources.
    """
    kept = () if bytecode is None else ("-X", f"pycache_prefix={bytecode}")
    return (sys.executable, "-P", *kept, "-m", module, *arguments)


def _interpreters(values: dict[str, Any]) -> InterpreterPlaces:
    return InterpreterPlaces(**{name: tuple(map(Path, each)) for name, each in values.items()})


def settings_text(settings: Settings) -> str:
    """Settings for a command line."""
    return json.dumps(asdict(settings), default=str)


def settings_of(text: str) -> Settings:
    """What `settings_text` was given."""
    return _settings(json.loads(text))


def _settings(values: dict[str, Any]) -> Settings:
    values |= {name: Path(values[name]) for name in _PATHS}
    values |= {name: tuple(values[name]) for name in _TUPLES if values[name] is not None}
    return Settings(**values)
