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
    cgroups,
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
from lambent.sandbox.spawner.lives import GroupRoll, Lives, Roll
from lambent.sandbox.spawner.maker import Maker, Walls
from lambent.sandbox.spawner.mounts import Roots
from lambent.sandbox.spawner.namespaces import Binder
from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.storage import Templates, Volumes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The command line."""

    instance: str
    run_dir: Path
    spool_dir: Path
    first_uid: int
    asker_uid: int | None
    isolation: str
    log_file: Path | None
    router: int | None


class Makes(Protocol):
    """Answers orders to make a sandbox."""

    def make(self, order: orders.Make, asker: Asker, answer: Answer) -> None:
        """Begin; the answer follows."""
        ...


class Binds(Protocol):
    """Shows code in sandboxes that run already."""

    def bind(self, code_tree: str, *, name: str, pid: int, pidfd: int, base: int) -> None:
        """Show `code_tree` where the sandbox's code belongs. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """What differs between drivers."""

    cgroups: Cgroups
    roll: Roll
    maker: Callable[[Lives, Reactor], Makes]
    binder: Binds


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
def _direct(settings: Settings) -> Iterator[Driver]:
    groups = cgroups.find(settings.instance)
    filter_program = seccomp.build()
    with _own_mounts(settings) as inner:

        def maker(lives: Lives, reactor: Reactor) -> Maker:
            cables = _network(settings, reactor)
            return Maker(
                lives=lives,
                cgroups=groups,
                roots=Roots(at=inner, resolver_file=resolver_file() if cables else ""),
                formats=Formats(templates=Templates(spool=settings.spool_dir), reactor=reactor),
                volumes=Volumes(spool=settings.spool_dir, desk=str(_made(inner / "volume"))),
                walls=_walls(inner, filter_program, one_user=False),
                cables=cables,
                reactor=reactor,
            )

        yield Driver(cgroups=groups, roll=GroupRoll(groups), maker=maker, binder=Binder())


@contextmanager
def _bubblewrap(settings: Settings) -> Iterator[Driver]:
    known = register.Register(settings.run_dir / register.FOLDER)
    filter_program = seccomp.build()
    with _own_mounts(settings) as inner:

        def maker(lives: Lives, reactor: Reactor) -> Maker:
            return Maker(
                lives=lives,
                cgroups=known,
                roots=Roots(at=inner),
                formats=memory_volumes.MemoryFormats(),
                volumes=memory_volumes.MemoryVolumes(),
                walls=_walls(inner, filter_program, one_user=True),
                cables=None,
                reactor=reactor,
            )

        yield Driver(cgroups=known, roll=known, maker=maker, binder=Binder())


@contextmanager
def _process(settings: Settings) -> Iterator[Driver]:
    folk = process.Folk(settings.run_dir / register.FOLDER, folders=settings.spool_dir)
    # What a sandbox's first process leaves behind when it is killed falls to this one.
    kernel.prctl(kernel.PR_SET_CHILD_SUBREAPER, 1)

    def maker(lives: Lives, reactor: Reactor) -> process.ProcessMaker:
        return process.ProcessMaker(
            lives=lives, register=folk, folders=settings.spool_dir, reactor=reactor
        )

    yield Driver(cgroups=folk, roll=folk, maker=maker, binder=process.Linker(settings.spool_dir))


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


def _walls(inner: Path, filter_program: bytes, *, one_user: bool) -> Walls:
    return Walls(
        desk=_made(inner / "desk").name,
        last_capability=limits.last_capability(),
        filter_program=filter_program,
        one_user=one_user,
    )


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory
