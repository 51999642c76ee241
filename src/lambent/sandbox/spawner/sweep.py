"""Ends and removes whatever a dead instance left: called before a new spawner starts under its name."""

import select
from typing import Final

from lambent.sandbox.spawner import cgroups
from lambent.sandbox.spawner.lives import kill_processes

_ROUNDS: Final = 5_000
_ROUND_SECONDS: Final = 0.002


class SweepFailure(Exception):
    """Something of the instance can't be ended."""


def sweep(instance: str) -> int:
    """Kill every process in the groups of `instance`, thawed first, and remove the groups; returns how many sandboxes.

    Blocks, at most some seconds. Nobody of the instance may be alive. Raises SweepFailure. Images and mounts need no sweep:
    the former have no names, the latter go with the processes.
    """
    try:
        driver = cgroups.find(instance)
    except cgroups.NoCgroups:
        return 0
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
