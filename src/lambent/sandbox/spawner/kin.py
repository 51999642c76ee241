"""Families of processes, where no namespace and no control group holds them together."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_ROUNDS: Final = 100


def end_descendants(pid: int) -> None:
    """Kill everything below `pid`, who takes in orphans: its children, theirs, and what they start meanwhile.

    Gives up after so many generations that only something that starts processes faster than this kills them is left.
    """
    for _ in range(_ROUNDS):
        family = descendants(pid)
        if not family:
            return
        for each in family:
            _kill(each, pid)


def descendants(pid: int) -> set[int]:
    """Return whatever runs below `pid`; what has ended and waits to be reaped does not."""
    found: set[int] = set()
    unseen = [pid]
    while unseen:
        for child in _children(unseen.pop()):
            if child not in found:
                found.add(child)
                unseen.append(child)
    return {each for each in found if _runs(each)}


def marked(text: bytes) -> set[int]:
    """Return the processes that were started with `text` in their environment, as far as they are ours to look at."""
    found = set()
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with suppress(OSError):
                if text in Path(f"/proc/{entry.name}/environ").read_bytes():
                    found.add(int(entry.name))
    return found


def _kill(pid: int, ancestor: int) -> None:
    with suppress(ProcessLookupError):
        pidfd = os.pidfd_open(pid)
        try:
            # Its number can have gone to somebody else since it was read.
            if pid in descendants(ancestor):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        finally:
            os.close(pidfd)


def _children(pid: int) -> Iterator[int]:
    with suppress(OSError):
        for task in os.scandir(f"/proc/{pid}/task"):
            with suppress(OSError):
                yield from map(int, Path(task.path, "children").read_text(encoding="ascii").split())


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")
