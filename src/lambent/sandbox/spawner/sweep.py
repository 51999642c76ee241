"""Ends and removes whatever a dead instance left: called before a new spawner starts under its name."""

import os
import select
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import cgroups, hierarchies, process, register
from lambent.sandbox.spawner.lives import kill_processes

_ROUNDS: Final = 5_000
_ROUND_SECONDS: Final = 0.002


class SweepFailure(Exception):
    """Something of the instance can't be ended."""


def sweep(instance: str, *, registers: Sequence[Path]) -> int:
    """Kill every process of the sandboxes of `instance`, thawed first, and remove groups and registers; returns how many.

    Blocks, at most some seconds. Nobody of the instance may be alive. Raises SweepFailure. Images and mounts need no sweep:
    the former have no names, the latter go with the processes.
    """
    count = sum(_sweep(process.Folk(at / register.FOLDER)) for at in registers)
    if os.geteuid() == 0:
        count += sum(map(_sweep, hierarchies.leftovers(instance)))
    return count


def _sweep(driver: cgroups.Cgroups) -> int:
    names = driver.names()
    for name in names:
        _end(driver, name)
    driver.close()
    return len(names)


def _end(driver: cgroups.Cgroups, name: str) -> None:
    for _ in range(_ROUNDS):
        if driver.remove(name):
            return
        kill_processes(driver, name)
        select.select([], [], [], _ROUND_SECONDS)
    raise SweepFailure(f"sandbox {name} does not end")
