"""Rounds of cold starts, each with a mischief; then a look at what the daemon still holds."""

import os
import random
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create
from tests.acceptance.waiting import eventually
from tests.soak.host import Holding, holding

_AT_ONCE: Final = 4
_GROWTH_KIB: Final = 16_384
"""What a program's memory may grow by: an allocator gives back in large pieces."""
_PROGRAMS: Final = ("spawner", "edge", "control")
_CODE: Final = """
import os, sys
def handler(event, context):
    open('/tmp/file', 'w').write('x' * 100_000)
    print('a line')
    if event.get('die'):
        os._exit(3)
    return event
"""


@dataclass(slots=True, kw_only=True)
class Report:
    """What came of it."""

    rounds: int = 0
    cold_starts: int = 0
    mischief: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        done = ", ".join(f"{what} {count}" for what, count in sorted(self.mischief.items()))
        found = "\n".join(self.faults) or "nothing is left behind"
        return f"{self.rounds} rounds, {self.cold_starts} cold starts; killed: {done}\n{found}"


def campaign(
    *, go_on: Callable[[Report], bool], seed: int, directory: Path, say: Callable[[str], None]
) -> Report:
    """Rounds as long as `go_on` says; `say` is told of each."""
    chance, report = random.Random(seed), Report()
    environ = {"LAMBENT_ENVIRONMENTS_CELLS": "0"}
    daemon = DaemonProcess(directory / "data", environ=environ)
    with daemon:
        for mischief in ("nothing", *_PROGRAMS):  # what is made at the first use of it
            _round(daemon, mischief, chance, Report())
        before = at_rest(daemon)
        while go_on(report):
            mischief = chance.choice(["nothing", "function", "runtime", *_PROGRAMS])
            _round(daemon, mischief, chance, report)
            say(f"{report.rounds} {mischief}")
        report.faults += at_rest(daemon).more_than(before, memory_kib=_GROWTH_KIB)
    report.faults += [f"left after its end: {what}" for what in daemon.leftovers()]
    return report


def _round(daemon: DaemonProcess, mischief: str, chance: random.Random, report: Report) -> None:
    """A function of its own, several calls of it at once, and the mischief between them."""
    client: Any = daemon.client("lambda")
    name = f"soak-{report.rounds}-{chance.randrange(10**9)}"
    eventually(lambda: _tried(lambda: create(client, name, _CODE)))
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        asked = [{"n": n, "die": mischief == "function" and n == 0} for n in range(_AT_ONCE)]
        calls = [threads.submit(_answer, client, name, event) for event in asked]
        _do(mischief, daemon, chance)
        for event, answer in zip(asked, calls, strict=True):
            if answer.result() not in (event, None) and not event["die"]:
                report.faults.append(f"{name}: {event} was answered {answer.result()}")
    eventually(lambda: _answer(client, name, {"n": -1}) == {"n": -1})
    eventually(lambda: _tried(lambda: client.delete_function(FunctionName=name)))
    report.rounds += 1
    report.cold_starts += _AT_ONCE
    report.mischief[mischief] = report.mischief.get(mischief, 0) + 1


def _do(mischief: str, daemon: DaemonProcess, chance: random.Random) -> None:
    time.sleep(chance.random() / 5)  # any instant of a cold start
    with suppress(ProcessLookupError, OSError):
        if mischief in _PROGRAMS:
            os.kill(daemon.health()["processes"][mischief], signal.SIGKILL)
        elif mischief == "runtime":
            named = daemon.health()["processes"].values()
            inside = [pid for pid in daemon.descendants() if pid not in named]
            if inside:
                os.kill(chance.choice(inside), signal.SIGKILL)
    eventually(lambda: _tried(daemon.health)["status"] == "ok")


def at_rest(daemon: DaemonProcess) -> Holding:
    """What it holds once no environment is there any more, and it holds the same twice."""

    def settled() -> Holding | None:
        if _tried(daemon.health).get("environments") != 0:
            return None
        first, second = holding(daemon), holding(daemon)
        return first if first.counts == second.counts else None

    return eventually(settled, within_seconds=60)


def _answer(client: Any, name: str, event: dict[str, Any]) -> Any:
    """What the function answers; None where nobody does, which a kill of the edge or the spawner may cause."""
    with suppress(ClientError, BotoCoreError):
        result, error = call(client, name, event)
        return None if error else result
    return None


def _tried(act: Callable[[], Any]) -> Any:
    with suppress(ClientError, BotoCoreError, OSError):
        return act() or {"done": True}
    return {}
