"""How edge and control run: their log, their limits, the privileges they lay down, until SIGTERM."""

import asyncio
import gc
import importlib
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from lambent.daemon.log import set_up_logging
from lambent.daemon.privileges import close_to_others, lay_down, name_process
from lambent.daemon.program import Inheritance
from lambent.kit.file_limit import raise_file_limit

_GARBAGE: Final = (50_000, 20, 50)
"""Objects between collections: what a request makes is freed by counting, and looking for cycles each 700 objects costs it."""

_log = logging.getLogger(__name__)


Serve = Callable[[Inheritance, asyncio.Event], Awaitable[None]]


def run(name: str, arguments: Sequence[str], *, wiring: str) -> None:
    """Be the program `name`: await `serve(inheritance, stop)` of the module `wiring`, until it returns.

    SIGTERM sets `stop`; the supervisor bounds how long `serve` may then take.
    """
    if 0 in (os.getuid(), os.geteuid()):
        sys.exit(f"lambent-{name} never runs as root: the supervisor starts it as another user")
    inheritance = Inheritance.decode(arguments[0])
    settings = inheritance.settings
    set_up_logging(program=name, level=settings.log_level, file=settings.log_file)
    name_process(f"lambent-{name}")
    raise_file_limit()
    lay_down()
    close_to_others()
    import uvloop

    serve: Serve = importlib.import_module(wiring).serve
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_served(serve, inheritance))
    _log.info("ended", extra={"pid": os.getpid()})


async def _served(serve: Serve, inheritance: Inheritance) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    _log.info("started", extra={"pid": os.getpid(), "instance": inheritance.instance})
    await serve(inheritance, stop)
