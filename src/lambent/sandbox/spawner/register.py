"""Sandboxes known by a file each: for hosts and drivers that have no control groups to know them by."""

import os
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

from lambent.sandbox.spawner.cgroups import Joining, Usage

FOLDER = "sandboxes"
"""Its directory, in the run directory of an instance."""


class Register:
    """Cgroups and Roll in one, as far as files go: it limits nothing and counts nothing.

    A file holds the pid of a sandbox's first process and when that started, so that no other with its number is taken for it.
    """

    def __init__(self, at: Path) -> None:
        self._at = at

    def names(self) -> set[str]:
        """Return the sandboxes that have a file, also those that an earlier spawner made."""
        there = self._at.is_dir() and not self._at.is_symlink()
        return {entry.name for entry in self._at.iterdir()} if there else set()

    def create(self, name: str, *, memory_mb: int) -> Joining:
        """Make the file, so that whatever follows is known to have been begun."""
        self._at.mkdir(mode=0o700, exist_ok=True)
        (self._at / name).touch()
        return Joining(procs=(), into=None, frozen=None)

    def note(self, name: str, pid: int) -> None:
        """Write down the first process, which does nothing yet."""
        (self._at / name).write_text(f"{pid} {_started(pid)}", encoding="ascii")

    def first(self, name: str) -> tuple[int, int] | None:
        """Return (pid, pidfd) of the first process, or None when it is gone."""
        for pid in self._alive(name):
            with suppress(ProcessLookupError):
                pidfd = os.pidfd_open(pid)
                if self._alive(name):
                    return pid, pidfd
                os.close(pidfd)
        return None

    def storage(self, pid: int) -> int | None:
        """Return nothing: no volume on a disk is behind these sandboxes' /tmp, and what is there is not theirs alone."""
        return None

    def limit(self, name: str, *, memory_mb: int, cores: float | None) -> None:
        """Nothing is limited here; the driver lists that among its lacks."""

    def limit_memory(self, name: str, *, memory_mb: int) -> None:
        """As `limit`."""

    def freeze(self, name: str) -> None:
        """There is no freezer here; the driver lists that among its lacks."""

    def thaw(self, name: str) -> None:
        """It was never frozen."""

    def usage(self, name: str) -> Usage:
        """Nothing is counted."""
        return Usage()

    def shortage(self, name: str) -> int | None:
        """Nobody tells."""
        return None

    def doom(self, name: str) -> None:
        """Nothing keeps these processes from dying."""

    def processes(self, name: str) -> set[int]:
        """Return the first process; the kernel ends the others with it."""
        return set(self._alive(name))

    def remove(self, name: str) -> bool:
        """Remove the file; False while the first process is there."""
        if self.processes(name):
            return False
        (self._at / name).unlink(missing_ok=True)
        return True

    def close(self) -> None:
        """Remove the directory, if nothing is left in it."""
        with suppress(OSError):
            self._at.rmdir()

    def _alive(self, name: str) -> AbstractSet[int]:
        """The first process, if it has not ended.

        Danger: root reads here what another user may have written, and ends what it finds: the process must be that user's too.
        """
        try:
            noted = (self._at / name).read_bytes().split()
            owner = (self._at / name).stat().st_uid
        except OSError:
            return frozenset()
        if len(noted) != 2 or not all(part.isdigit() for part in noted):  # no process was born
            return frozenset()
        pid, started = map(int, noted)
        with suppress(OSError):
            if _started(pid) == started and Path(f"/proc/{pid}").stat().st_uid == owner:
                return {pid}
        return frozenset()


def _started(pid: int) -> int:
    """When a process started, in the kernel's ticks; 0 for one that has ended."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    state, *fields = stat.rpartition(b")")[2].split()
    return 0 if state in (b"Z", b"X") else int(fields[18])
