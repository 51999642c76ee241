"""One daemon's place on this host: its id, its range of uids and its directory under /run/lambent."""

import fcntl
import hashlib
import json
import logging
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.daemon.daemon_user import FIRST_OF_SANDBOXES, DaemonUser, own_user
from lambent.daemon.failure import StartFailure, unusable
from lambent.sandbox.drivers import PROCESS

RUN_ROOT: Final = Path("/run/lambent")
SLOTS: Final = 35
"""A 36th would reach uid 4294967295, which is -1 to the kernel."""
FIRST_UID: Final = FIRST_OF_SANDBOXES
UIDS_PER_SLOT: Final = 67_108_864
_ID_DIGITS: Final = 6

_log = logging.getLogger(__name__)

Choose = Callable[[Path, Collection[int]], DaemonUser]
"""From a data directory and the uids of the daemons that live, to the user of a new one. May raise StartFailure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """A place taken; `lock` is the descriptor that holds it."""

    id: str
    slot: int
    run_dir: Path
    lock: int
    user: DaemonUser
    """As whom edge and control run."""

    @property
    def own_dir(self) -> Path:
        """The part of the run directory that edge and control write to; the rest is the supervisor's."""
        return own_dir(self.run_dir)

    @property
    def first_uid(self) -> int:
        """The first host uid of the range for its sandboxes."""
        return FIRST_UID + self.slot * UIDS_PER_SLOT


def own_dir(run_dir: Path) -> Path:
    """What of a run directory belongs to edge and control."""
    return run_dir / "own"


def spawner_dir(run_dir: Path, driver: str) -> Path:
    """Where the spawner of `driver` has its socket and its register: one that makes no sandboxes runs as whom it works for."""
    return own_dir(run_dir) if driver == PROCESS else run_dir


def fetchers_home(run_dir: Path) -> Path:
    """An empty directory of a run directory, over which control mounts the home of what fetches for it."""
    return run_dir / "home"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Live:
    slot: int
    uid: int


class Instances:
    """The places of all daemons on this host."""

    def __init__(
        self,
        *,
        sweep: Callable[[str], None],
        run_root: Path = RUN_ROOT,
        choose: Choose = lambda _data_dir, _taken: own_user(),
    ) -> None:
        self._sweep, self._root, self._choose = sweep, run_root, choose

    def take(self, data_dir: Path) -> Instance:
        """Take a place for `data_dir`, after clearing away those whose daemon is gone.

        Raises StartFailure when the run directory can't be used or every place is taken.
        """
        try:
            self._root.mkdir(mode=0o755, parents=True, exist_ok=True)
            _let_through(self._root)
            with self._alone():
                live = self._live()
                user = self._choose(data_dir, {other.uid for other in live})
                return self._claim(data_dir, live, user)
        except OSError as error:
            raise unusable("the run directory", self._root, error) from error

    def give_back(self, instance: Instance) -> None:
        """Sweep what is left of `instance` and free its place."""
        with self._alone():
            try:
                self._clear(instance.run_dir)
            finally:
                os.close(instance.lock)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Hold the host's lock; its holder frees it within a sweep, the kernel at its death."""
        descriptor = os.open(self._root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _live(self) -> Sequence[_Live]:
        """The daemons that live; what is left of others is swept."""
        live: list[_Live] = []
        for run_dir in sorted(path for path in self._root.iterdir() if path.is_dir()):
            lock = _try_lock(run_dir / "lock")
            if lock is None:
                place = json.loads((run_dir / "instance.json").read_text())
                live.append(_Live(slot=int(place["slot"]), uid=int(place.get("uid", 0))))
                continue
            try:
                self._clear(run_dir)
            finally:
                os.close(lock)
        return live

    def _clear(self, run_dir: Path) -> None:
        import shutil

        try:
            self._sweep(run_dir.name)
        except OSError as error:  # kept, so that the next start tries again
            _log.error("cannot sweep instance %s: %s", run_dir.name, error)
        else:
            shutil.rmtree(run_dir)

    def _claim(self, data_dir: Path, live: Sequence[_Live], user: DaemonUser) -> Instance:
        taken = {other.slot for other in live}
        slot = next((n for n in range(SLOTS) if n not in taken), None)
        if slot is None:
            raise StartFailure(f"{SLOTS} lambent daemons run on this host, and no more can.")
        for identifier in _candidates(data_dir):
            run_dir = self._root / identifier
            if not run_dir.exists():
                break
        run_dir.mkdir(mode=0o700)
        lock = _try_lock(run_dir / "lock")
        if lock is None:
            raise StartFailure(f"The run directory {run_dir} is in use.")
        place = {"slot": slot, "pid": os.getpid(), "uid": user.uid, "data_dir": str(data_dir)}
        (run_dir / "instance.json").write_text(json.dumps(place))
        _furnish(run_dir, user)
        return Instance(id=identifier, slot=slot, run_dir=run_dir, lock=lock, user=user)


def _let_through(root: Path) -> None:
    """Edge and control must get to their run directory, whatever the umask was."""
    mode = root.stat().st_mode
    if mode & 0o111 != 0o111:
        root.chmod(mode & 0o7777 | 0o111)


def _furnish(run_dir: Path, user: DaemonUser) -> None:
    """Let `user` through, and have a directory of its own: it can write nowhere else in `run_dir`."""
    fetchers_home(run_dir).mkdir(mode=0o700)
    own = own_dir(run_dir)
    own.mkdir(mode=0o700)
    os.chown(own, user.uid, user.gid)
    os.chown(run_dir, -1, user.gid)
    run_dir.chmod(0o710)


def _candidates(data_dir: Path) -> Iterator[str]:
    seed = str(data_dir.resolve())
    attempt = 0
    while True:
        yield hashlib.sha256(f"{seed}\0{attempt}".encode()).hexdigest()[:_ID_DIGITS]
        attempt += 1


def _try_lock(path: Path) -> int | None:
    """A descriptor that holds the lock, close-on-exec, or None when another process does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
