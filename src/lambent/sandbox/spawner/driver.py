"""What the spawner works with: how sandboxes are made, bound and known differs with the driver, all else does not."""

import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lambent.sandbox.drivers import BUBBLEWRAP, DIRECT, PROCESS
from lambent.sandbox.network.cables import Cables, resolver_file
from lambent.sandbox.network.forwarding import Follower
from lambent.sandbox.network.nft import NftFailure
from lambent.sandbox.spawner import (
    hierarchies,
    kernel,
    limits,
    memory_volumes,
    orders,
    own_mounts,
    process,
    register,
    seccomp,
)
from lambent.sandbox.spawner.askers import Answer, Asker
from lambent.sandbox.spawner.cgroups import Cgroups
from lambent.sandbox.spawner.formats import Formats
from lambent.sandbox.spawner.janitor import Janitor
from lambent.sandbox.spawner.lives import GroupRoll, Lives, Roll, Wipe
from lambent.sandbox.spawner.maker import Maker, MakesVolumes, ProvidesFormats, Walls
from lambent.sandbox.spawner.mounts import Roots
from lambent.sandbox.spawner.namespaces import Binder, shown_trees
from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.refit import Refit
from lambent.sandbox.spawner.sight import Sight
from lambent.sandbox.spawner.storage import Templates, Volumes
from lambent.sandbox.spawner.views import Views


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The command line."""

    instance: str
    run_dir: Path
    spool_dir: Path
    first_uid: int
    asker_uid: int | None
    """Who may connect; None: whoever this is."""
    sight: Sight
    """What of the host the asker may have shown; root's own and an ordinary user's is this program's."""
    isolation: str
    plain_storage: bool
    log_file: Path | None
    router: int | None


class Makes(Protocol):
    """Answers orders to make a sandbox."""

    def make(self, order: orders.Make, asker: Asker, answer: Answer) -> None:
        """Begin; the answer follows."""
        ...


class Binds(Protocol):
    """Shows code in sandboxes that run already."""

    def bind(self, order: orders.Bind, *, pid: int, pidfd: int, base: int) -> None:
        """Show the trees of `order` where the sandbox's code and its layers belong. Raises OSError."""
        ...


class Refits(Protocol):
    """Answers orders to store."""

    def store(self, order: orders.Store, asker: Asker, answer: Answer) -> None:
        """Show an empty /tmp of another size; the answer follows."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """Who carries out what is ordered."""

    maker: Makes
    binder: Binds
    refit: Refits


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """What differs between drivers."""

    cgroups: Cgroups
    roll: Roll
    wipe: Wipe
    workers: Callable[[Lives], Workers]


class FreshBinder:
    """Binds code in sandboxes with walls, where what came into libraries meanwhile is seen then."""

    def __init__(self, *, roots: Roots, binder: Binder, views: Views | None, sight: Sight) -> None:
        """With `views` code is shown as libraries are: for trees whose place on their disk tells of the host."""
        self._roots, self._binder = roots, binder
        self._views, self._sight = views, sight

    def bind(self, order: orders.Bind, *, pid: int, pidfd: int, base: int) -> None:
        """Show code at /var/task, layers at /opt. Raises OSError."""
        self._roots.refresh()
        opened: dict[str, int] = {}
        try:
            for place, source in shown_trees(order):
                opened[place] = self._open(source, pid=pid, base=base)
            self._binder.attach(opened, pidfd=pidfd)
        finally:
            for tree in opened.values():
                os.close(tree)

    def _open(self, source: str, *, pid: int, base: int) -> int:
        if self._views is None:
            return self._binder.open(source, pid=pid, base=base)
        return self._views.open(Path(source), sight=self._sight)


def _network(settings: Settings, reactor: Reactor) -> Cables | None:
    """Begin to follow the host's routes, and lay cables from the router; nothing where there is none. Raises OSError."""
    if settings.router is None:
        return None
    follower = Follower(settings.instance)

    def follow() -> None:
        try:
            follower.follow()
        except (NftFailure, OSError) as failure:  # tried again when something changes again
            sys.stderr.write(f"lambent-spawner: cannot follow the host's routes: {failure}\n")

    follow()
    reactor.on_readable(follower.fileno(), follow)
    cables = Cables(router=settings.router, chance=random.SystemRandom())
    os.close(settings.router)
    return cables


@contextmanager
def _direct(settings: Settings, reactor: Reactor) -> Iterator[Driver]:
    groups = hierarchies.find(settings.instance)
    walls = _Walls(seccomp.build(), sight=settings.sight, one_user=False)
    with _own_mounts(settings) as inner:
        janitor = Janitor(reactor=reactor)
        volumes = Volumes(
            spool=settings.spool_dir,
            desk=str(_made(inner / "volume")),
            encrypted=not settings.plain_storage,
        )

        def workers(lives: Lives) -> Workers:
            return walls.workers(
                lives,
                cgroups=groups,
                formats=Formats(templates=Templates(spool=settings.spool_dir), reactor=reactor),
                volumes=volumes,
                cables=_network(settings, reactor),
                inner=inner,
                reactor=reactor,
            )

        yield Driver(
            cgroups=groups,
            roll=GroupRoll(groups, spool=settings.spool_dir),
            wipe=janitor.wipe,
            workers=workers,
        )
        janitor.close()


@contextmanager
def _bubblewrap(settings: Settings, reactor: Reactor) -> Iterator[Driver]:
    known = register.Register(settings.run_dir / register.FOLDER)
    walls = _Walls(seccomp.build(), sight=settings.sight, one_user=True)
    with _own_mounts(settings) as inner:

        def workers(lives: Lives) -> Workers:
            return walls.workers(
                lives,
                cgroups=known,
                formats=memory_volumes.MemoryFormats(),
                volumes=memory_volumes.MemoryVolumes(),
                cables=None,
                inner=inner,
                reactor=reactor,
            )

        yield Driver(cgroups=known, roll=known, wipe=os.close, workers=workers)


@contextmanager
def _process(settings: Settings, reactor: Reactor) -> Iterator[Driver]:
    spool = settings.spool_dir
    folk = process.Folk(settings.run_dir / register.FOLDER, folders=spool)
    # What a sandbox's first process leaves behind when it is killed falls to this one.
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)

    def workers(lives: Lives) -> Workers:
        return Workers(
            maker=process.ProcessMaker(lives=lives, register=folk, folders=spool, reactor=reactor),
            binder=process.Linker(spool),
            refit=process.Unbounded(lives),
        )

    yield Driver(cgroups=folk, roll=folk, wipe=os.close, workers=workers)


class _Walls:
    """Makes who works for a driver whose sandboxes have walls."""

    def __init__(self, filter_program: bytes, *, sight: Sight, one_user: bool) -> None:
        self._filter_program, self._sight, self._one_user = filter_program, sight, one_user

    def workers(
        self,
        lives: Lives,
        *,
        cgroups: Cgroups,
        formats: ProvidesFormats,
        volumes: MakesVolumes,
        cables: Cables | None,
        inner: Path,
        reactor: Reactor,
    ) -> Workers:
        """`inner` is the working directory, in mounts of one's own."""
        views = Views(desk=inner)
        roots = Roots(
            at=inner,
            sight=self._sight,
            views=views,
            resolver_file=resolver_file() if cables else "",
        )
        binder = Binder(sight=self._sight)
        maker = Maker(
            lives=lives,
            cgroups=cgroups,
            roots=roots,
            formats=formats,
            volumes=volumes,
            walls=Walls(
                desk=_made(inner / "desk").name,
                last_capability=limits.last_capability(),
                filter_program=self._filter_program,
                one_user=self._one_user,
            ),
            binder=binder,
            cables=cables,
            reactor=reactor,
        )
        return Workers(
            maker=maker,
            binder=FreshBinder(
                roots=roots,
                binder=binder,
                views=views if self._one_user else None,
                sight=self._sight,
            ),
            refit=Refit(lives=lives, formats=formats, volumes=volumes, binder=binder),
        )


DRIVERS: Final = {
    DIRECT: _direct,
    BUBBLEWRAP: _bubblewrap,
    PROCESS: _process,
}


@contextmanager
def _own_mounts(settings: Settings) -> Iterator[Path]:
    """Work in mounts of one's own; when nothing has failed they are taken down at the end."""
    inner = own_mounts.enter(settings.run_dir / "mnt")
    yield inner
    os.chdir("/")
    kernel.unmount(str(inner))
    inner.rmdir()


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory
