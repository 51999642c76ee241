"""Ends and removes whatever a dead instance left: called before a new spawner starts under its name."""

import os
import select
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import cgroups, hierarchies, process, register
from lambent.sandbox.spawner.lives import kill_processes

_ROUNDS: Final = 5_000
_ROUND_SECONDS: Final = 0.002
_LONGEST: Final = 4_096


class SweepFailure(Exception):
    """Something of the instance can't be ended."""


def sweep(instance: str, *, registers: Sequence[Path]) -> int:
    """Kill every process of the sandboxes of `instance`, thawed first, and remove groups and registers; returns how many.

    Blocks, at most some seconds. Nobody of the instance may be alive. Raises SweepFailure. Images and mounts need no sweep:
    the former have no names, the latter go with the processes. A register in a directory of another user's is swept with that
    user's powers.
    """
    count = sum(map(_sweep_register, registers))
    if os.geteuid() == 0:
        count += sum(map(_sweep, hierarchies.leftovers(instance)))
    return count


def _sweep_register(at: Path) -> int:
    try:
        owner = at.lstat()
    except FileNotFoundError:
        return 0
    if os.geteuid() != 0 or owner.st_uid == 0:
        return _sweep(process.Folk(at / register.FOLDER))
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        # Danger: a copy of the caller, which must neither come back nor run its cleaning up. It is root no more: names, links
        # and pids in that register are whatever its owner likes, to be ended and removed.
        try:
            os.setgroups([])
            os.setresgid(owner.st_gid, owner.st_gid, owner.st_gid)
            os.setresuid(owner.st_uid, owner.st_uid, owner.st_uid)
            os.write(tell, b"%d" % _sweep(process.Folk(at / register.FOLDER)))
            os._exit(0)
        finally:
            os.write(tell, f"{sys.exc_info()[1]}".encode()[:_LONGEST])
            os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as words:
        said = words.read().decode(errors="replace")
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise SweepFailure(said)
    return int(said)


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
