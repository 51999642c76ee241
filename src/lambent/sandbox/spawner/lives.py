"""The sandboxes of an instance, from the order that makes one until nothing is left of it; also those of a spawner before."""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from enum import Enum
from pathlib import Path
from typing import Final, Protocol

from lambent.sandbox.spawner import namespaces, orders
from lambent.sandbox.spawner.askers import Asker
from lambent.sandbox.spawner.cgroups import Cgroups, Usage
from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.shortage import Shortage

SLOTS: Final = 1024


class Refused(Exception):
    """The order makes sense, but can't be done; the text says why."""


class Phase(Enum):
    """Where a sandbox is in its life."""

    BEGUN = "begun"
    """Being made."""
    STANDING = "standing"
    ENDED = "ended"
    """Its processes are gone by themselves; what was counted is kept for the asker."""
    ENDING = "ending"
    """Killed, but not gone yet."""
    LEAVING = "leaving"
    """Its processes are gone, its groups are being removed."""


class Signal(Enum):
    """What moves a sandbox to another phase."""

    MADE = "made"
    GONE = "gone"
    KILL = "kill"


NEXT_PHASE: Final[Mapping[tuple[Phase, Signal], Phase]] = {
    (Phase.BEGUN, Signal.MADE): Phase.STANDING,
    (Phase.BEGUN, Signal.GONE): Phase.ENDED,
    (Phase.BEGUN, Signal.KILL): Phase.ENDING,
    (Phase.STANDING, Signal.GONE): Phase.ENDED,
    (Phase.STANDING, Signal.KILL): Phase.ENDING,
    (Phase.ENDED, Signal.MADE): Phase.ENDED,
    (Phase.ENDED, Signal.KILL): Phase.LEAVING,
    (Phase.ENDING, Signal.MADE): Phase.ENDING,
    (Phase.ENDING, Signal.GONE): Phase.LEAVING,
    (Phase.ENDING, Signal.KILL): Phase.ENDING,
    (Phase.LEAVING, Signal.MADE): Phase.LEAVING,
    (Phase.LEAVING, Signal.KILL): Phase.LEAVING,
}

Told = Callable[[Usage], None]
Wipe = Callable[[int], None]


class Life:
    """One sandbox as the spawner knows it."""

    __slots__ = (
        *("_first_uid", "anonymous_bytes", "being_born", "directory"),
        *("name", "owner", "phase", "pid", "pidfd", "shortage", "told"),
    )

    def __init__(self, *, name: str, owner: Asker | None, first_uid: int) -> None:
        self.name, self.owner, self._first_uid = name, owner, first_uid
        self.phase = Phase.BEGUN
        self.pid = 0
        self.pidfd: int | None = None
        self.being_born = False
        """Somebody makes its groups and its first process: until that is told of, it can't leave."""
        self.shortage: Shortage | None = None
        self.told: list[Told] = []
        self.anonymous_bytes = 0
        self.directory: int | None = None
        """What it has at /tmp; open until it is wiped."""

    @property
    def slot(self) -> int:
        """Which range of user ids is its own: it is in the name, so that a later spawner knows it too."""
        return int(self.name.split(".")[1])

    @property
    def base(self) -> int:
        """The host's id of the sandbox's root."""
        return self._first_uid + self.slot * namespaces.IDS

    def move(self, event: Signal) -> None:
        """Go to the next phase; what the table does not list is a mistake of ours."""
        self.phase = NEXT_PHASE[self.phase, event]


class Roll(Protocol):
    """Tells a later spawner which process is the first of each sandbox."""

    def note(self, name: str, pid: int) -> None:
        """Remember the first process of a sandbox. Raises OSError."""
        ...

    def first(self, name: str) -> tuple[int, int] | None:
        """Return (pid, pidfd) of the first process of a sandbox, or None when it is gone."""
        ...

    def storage(self, pid: int) -> int | None:
        """Return what the sandbox of first process `pid` has at /tmp, open, if that must be wiped at its end."""
        ...


class GroupRoll:
    """A roll by cgroups and pid namespaces: the kernel remembers."""

    def __init__(self, cgroups: Cgroups, *, spool: Path) -> None:
        """`spool` is where the images behind sandboxes' /tmp are made."""
        self._cgroups, self._spool = cgroups, spool

    def note(self, name: str, pid: int) -> None:
        """Nothing needs to be written down."""

    def first(self, name: str) -> tuple[int, int] | None:
        """Return the one that is process 1 of a pid namespace."""
        return namespaces.open_init(self._cgroups.processes(name))

    def storage(self, pid: int) -> int | None:
        """Return its volume, which lies on a disk."""
        return namespaces.open_storage(pid, spool=self._spool)


class Lives:
    """All sandboxes of the instance; what it is asked to end is ended whatever state it is in."""

    def __init__(
        self,
        *,
        instance: str,
        first_uid: int,
        cgroups: Cgroups,
        roll: Roll,
        wipe: Wipe,
        reactor: Reactor,
    ) -> None:
        """`wipe` is given what ended sandboxes had at /tmp, to empty and close it."""
        self._instance, self._first_uid = instance, first_uid
        self._cgroups, self._roll, self._wipe, self._reactor = cgroups, roll, wipe, reactor
        self._lives: dict[str, Life] = {}
        for name in filter(orders.is_name, cgroups.names()):
            self._adopt(name)

    def __len__(self) -> int:
        return len(self._lives)

    def _adopt(self, name: str) -> None:
        """Know a sandbox that an earlier spawner made; it belongs to nobody until it is claimed."""
        life = self._lives[name] = Life(name=name, owner=None, first_uid=self._first_uid)
        life.move(Signal.MADE)
        found = self._roll.first(name)
        if found is None:
            life.move(Signal.GONE)
        else:
            self._watch(life, *found)
            life.directory = self._roll.storage(life.pid)

    def begin(self, owner: Asker) -> Life:
        """Begin a life with a free range of user ids. Raises Refused."""
        taken = {life.slot for life in self._lives.values()}
        slot = next((n for n in range(SLOTS) if n not in taken), None)
        if slot is None:
            raise Refused(f"{SLOTS} sandboxes are there already")
        name = f"{self._instance}.{slot}.{os.urandom(4).hex()}"
        life = self._lives[name] = Life(name=name, owner=owner, first_uid=self._first_uid)
        return life

    def born(self, life: Life, pid: int, pidfd: int) -> None:
        """Note its first process, and end it if that was asked for meanwhile; `pidfd` is the life's from here on.

        Raises OSError, but watches it all the same.
        """
        life.being_born = False
        self._watch(life, pid, pidfd)
        self._roll.note(life.name, pid)

    def _watch(self, life: Life, pid: int, pidfd: int) -> None:
        life.pid, life.pidfd = pid, pidfd
        self._reactor.on_readable(pidfd, lambda: self._gone(life, pidfd))
        self._watch_memory(life)
        if life.phase is Phase.ENDING:
            self._strike(life)

    def stillborn(self, life: Life, told: Told) -> None:
        """Note that it has no process and will have none; `told` is called once nothing is left of it."""
        life.being_born = False
        if life.phase is Phase.ENDING:
            life.told.append(told)
            self._strike(life)
        else:
            self.kill(life, told)

    def _watch_memory(self, life: Life) -> None:
        """See to it that a sandbox of which the kernel kills a part ends whole: a function that goes on without one of its
        processes is none that anybody has written."""
        descriptor = None
        with suppress(
            FileNotFoundError
        ):  # one of an earlier spawner's that loses its groups just now
            descriptor = self._cgroups.shortage(life.name)
        if descriptor is not None:
            life.shortage = Shortage(
                descriptor=descriptor,
                reactor=self._reactor,
                has_killed=lambda: self._cgroups.usage(life.name).oom_kills > 0,
                strike=lambda: self._strike(life),
            )

    def made(self, life: Life) -> None:
        """Note that the runtime was started."""
        life.move(Signal.MADE)

    def standing(self, name: str, owner: Asker) -> tuple[Life, int]:
        """Return a sandbox of `owner` that runs, and its pidfd. Raises Refused."""
        life = self._lives.get(name)
        if life is None or life.owner is not owner:
            raise Refused(f"there is no sandbox {name}")
        if life.phase is not Phase.STANDING or life.pidfd is None:
            raise Refused(f"sandbox {name} has {life.phase.value}")
        return life, life.pidfd

    def store(self, life: Life, directory: int | None) -> None:
        """Note what it has at /tmp from here on; what it had is wiped."""
        before, life.directory = life.directory, directory
        if before is not None:
            self._wipe(before)

    def freeze(self, name: str, owner: Asker) -> None:
        """Freeze a sandbox of `owner`; one that cannot be frozen, most likely because it is about to be gone, runs on."""
        with suppress(Refused, OSError):
            self.standing(name, owner)
            self._cgroups.freeze(name)

    def claim(self, held: frozenset[str], owner: Asker) -> list[str]:
        """Give the sandboxes in `held` to `owner` and end every other; returns those of them that are there."""
        for life in list(self._lives.values()):
            if life.name in held:
                life.owner = owner
            else:
                self.kill(life)
        return sorted(held.intersection(self._lives))

    def kill_named(self, name: str, owner: Asker, told: Told) -> None:
        """End a sandbox of `owner`; `told` is called once nothing is left, at once if it is gone already."""
        life = self._lives.get(name)
        if life is None or life.owner is not owner:
            told(Usage())
        else:
            self.kill(life, told)

    def kill(self, life: Life, told: Told | None = None) -> None:
        """End a sandbox; `told` is called once nothing is left of it."""
        if told is not None:
            life.told.append(told)
        before = life.phase
        life.move(Signal.KILL)
        if before is not life.phase:
            self._strike(life)

    def _strike(self, life: Life) -> None:
        if life.being_born:
            return
        if life.pidfd is None:
            if life.phase is Phase.ENDING:  # no process was ever born
                life.move(Signal.GONE)
            self._leave(life)
            return
        life.anonymous_bytes = self._cgroups.usage(life.name).anonymous_bytes
        # In this order: where a family is known by its first process only, the others end before that does.
        self._cgroups.doom(life.name)
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(life.pidfd, signal.SIGKILL)

    def end_of(self, owner: Asker) -> None:
        """End every sandbox of an asker who left."""
        for life in list(self._lives.values()):
            if life.owner is owner:
                self.kill(life)

    def end_all(self) -> None:
        """End every sandbox."""
        for life in list(self._lives.values()):
            self.kill(life)

    def _gone(self, life: Life, pidfd: int) -> None:
        """Process 1 has ended, and so has everything in its pid namespace."""
        self._reactor.forget(pidfd)
        with suppress(ChildProcessError):  # an earlier spawner's child is reaped by whom it fell to
            os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        os.close(pidfd)
        life.pidfd = None
        if life.shortage is not None:
            life.shortage.close()
        life.move(Signal.GONE)
        if life.phase is Phase.LEAVING:
            self._leave(life)

    def _leave(self, life: Life) -> None:
        """Remove the groups, now or a little later: a group whose last process just died can be busy still."""
        usage = self._cgroups.usage(life.name)
        if not self._cgroups.remove(life.name):
            kill_processes(self._cgroups, life.name)
            self._reactor.shortly(lambda: self._leave(life))
            return
        del self._lives[life.name]
        self.store(life, None)
        for told in life.told:
            told(Usage(oom_kills=usage.oom_kills, anonymous_bytes=life.anonymous_bytes))


def kill_processes(cgroups: Cgroups, name: str) -> None:
    """Kill whatever is in the groups of a sandbox; a pid that went to somebody else meanwhile is left alone."""
    for pid in cgroups.processes(name):
        try:
            pidfd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            if pid in cgroups.processes(name):
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        finally:
            os.close(pidfd)
    cgroups.doom(name)
