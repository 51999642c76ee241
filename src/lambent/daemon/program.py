"""What edge and control have in common: what they inherit, their log, and the privileges they lay down."""

import asyncio
import gc
import importlib
import json
import logging
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Self

from lambent.daemon.config import Settings
from lambent.daemon.log import set_up_logging
from lambent.daemon.privileges import lay_down

_FILES: Final = 262_144
_PATHS: Final = ("data_dir",)
_TUPLES: Final = ("allowed_origins",)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inheritance:
    """What the supervisor hands to edge and control, over and over: a restarted one gets the same."""

    settings: Settings
    instance: str
    """In the name of every cgroup, so that two daemons never meet."""
    run_dir: Path
    """RUN of docs/architecture.md."""
    isolation: str
    """The sandbox driver: `direct`."""
    port: int
    """The public port, known even when the settings say 0."""
    listeners: tuple[int, ...] = ()
    """Descriptors that listen on the public port, non-blocking; the edge alone gets them."""

    def encode(self) -> str:
        """As text for a command line; holds no secret."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(values | {"settings": asdict(self.settings)}, default=str)

    @classmethod
    def decode(cls, text: str) -> Self:
        """What `encode` was given."""
        values: dict[str, Any] = json.loads(text)
        settings = values["settings"]
        settings |= {name: Path(settings[name]) for name in _PATHS}
        settings |= {name: tuple(settings[name]) for name in _TUPLES}
        return cls(
            **values
            | {
                "settings": Settings(**settings),
                "run_dir": Path(values["run_dir"]),
                "listeners": tuple(values["listeners"]),
            }
        )


Serve = Callable[[Inheritance, asyncio.Event], Awaitable[None]]


def run(name: str, arguments: Sequence[str], *, wiring: str) -> None:
    """Be the program `name`: await `serve(inheritance, stop)` of the module `wiring`, until it returns.

    SIGTERM sets `stop`; the supervisor bounds how long `serve` may then take.
    """
    inheritance = Inheritance.decode(arguments[0])
    set_up_logging(program=name, level=inheritance.settings.log_level)
    raise_file_limit()
    lay_down()
    import uvloop

    serve: Serve = importlib.import_module(wiring).serve
    gc.collect()
    gc.freeze()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_served(serve, inheritance))
    _log.info("ended", extra={"pid": os.getpid()})


async def _served(serve: Serve, inheritance: Inheritance) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    _log.info("started", extra={"pid": os.getpid(), "instance": inheritance.instance})
    await serve(inheritance, stop)


def raise_file_limit() -> None:
    """Allow as many descriptors as the kernel gives, up to what thousands of environments need."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (_FILES, max(_FILES, hard)))
    except (ValueError, OSError):  # fs.nr_open is lower, or this is not root
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def command(module: str, *arguments: str) -> Sequence[str]:
    """The command line that runs `module` with this interpreter, never importing from the current folder."""
    return (sys.executable, "-P", "-m", module, *arguments)
