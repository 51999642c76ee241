"""Takes a place on the host, starts the daemon's programs, keeps them running, ends them in order."""

import logging
import os
import socket
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from lambent.daemon.banner import (
    Announcement,
    Banner,
    HealthProbe,
    endpoint,
    probe_address,
    show,
)
from lambent.daemon.children import Children
from lambent.daemon.config import Settings
from lambent.daemon.daemon_user import DaemonUser, HostAccounts, daemon_user, own_user
from lambent.daemon.data_dir import DataDir
from lambent.daemon.failure import StartFailure, unusable
from lambent.daemon.handover import Handover
from lambent.daemon.instance import RUN_ROOT, Instance, Instances
from lambent.daemon.log import set_up_logging
from lambent.daemon.network import Network
from lambent.daemon.ports import listeners
from lambent.daemon.privileges import name_process
from lambent.daemon.processes import STOP_SIGNALS, LinuxProcesses, Processes, Program
from lambent.daemon.status import StatusFile
from lambent.kit.backoff import Backoff
from lambent.kit.clock import SystemClock
from lambent.sandbox.drivers import DIRECT, DRIVERS, Driver

_RESTARTS: Final = Backoff(first_seconds=0.1, longest_seconds=5.0)
_ANNOUNCEMENT_SECONDS: Final = 0.01
_ORPHAN_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What the supervisor runs and sweeps; tests bring small ones of their own."""

    programs: Callable[[Settings, Instance, Sequence[socket.socket], Network], Sequence[Program]]
    """Makes the programs to run, in the order of their start."""
    sweep: Callable[[str], None]
    """Clears away whatever sandboxes of an instance are left. Raises OSError."""
    network: Callable[[Settings, Instance], AbstractContextManager[Network]]
    """Makes the network of functions, for as long as it is entered. Raises StartFailure."""
    prepare: Callable[[Settings], None]
    """Makes in the data directory what its programs need from a privileged hand. Raises StartFailure."""
    driver: Driver = DRIVERS[DIRECT]
    """What makes the sandboxes, for people to know."""


class Supervisor:
    """Keeps children running until it is told to stop."""

    def __init__(
        self,
        *,
        children: Children,
        processes: Processes,
        status: StatusFile,
        announcement: Announcement,
    ) -> None:
        self._children, self._processes = children, processes
        self._status, self._announcement = status, announcement

    def run(self) -> None:
        """Return once a stop signal came and every child has ended."""
        announced = False
        try:
            while True:
                self._children.attend()
                self._status.write(
                    processes=self._children.pids(),
                    restarts=self._children.restarts(),
                    looping=self._children.looping(),
                )
                announced = announced or self._announcement.poll()
                if self._processes.wait(self._patience(announced=announced)) in STOP_SIGNALS:
                    return
        finally:
            _log.info("stopping")
            self._children.stop()

    def _patience(self, *, announced: bool) -> float:
        due = self._children.due_in()
        longest = 3600.0 if announced else _ANNOUNCEMENT_SECONDS
        return longest if due is None else min(due, longest)


def run_daemon(
    settings: Settings,
    *,
    engine: Engine,
    launcher: str,
    run_root: Path = RUN_ROOT,
    handover: int | None = None,
) -> None:
    """Supervise until SIGTERM or SIGINT. Raises StartFailure when the daemon can't start.

    `handover` is a descriptor that is told of a healthy start in place of the banner, and then closed.
    """
    set_up_logging(program="supervisor", level=settings.log_level)
    name_process("lambent")
    processes, clock = LinuxProcesses(), SystemClock()
    with ExitStack() as held:
        data_dir = held.enter_context(_data_dir(settings.data_dir))
        engine.prepare(settings)
        sockets = [held.enter_context(closing(s)) for s in listeners(settings.bind, settings.port)]
        port = int(sockets[0].getsockname()[1])
        instances = Instances(
            sweep=engine.sweep, run_root=run_root, choose=partial(_user, settings, data_dir)
        )
        with (
            _instance(instances, data_dir.path) as instance,
            engine.network(settings, instance) as network,
        ):
            data_dir.give_to(instance.user)
            _log_to_file(settings)
            children = Children(
                engine.programs(settings, instance, sockets, network),
                processes=processes,
                clock=clock,
                backoff=_RESTARTS,
            )
            held.callback(children.end_orphans, _ORPHAN_SECONDS)
            probe = HealthProbe(probe_address(settings.bind, port))
            _warn(settings, engine.driver)
            Supervisor(
                children=children,
                processes=processes,
                status=StatusFile(
                    instance.run_dir / "status.json",
                    facts={
                        "endpoint": endpoint(settings.bind, port),
                        "user": str(instance.user),
                        "network": {"policy": network.policy, "why": network.why},
                    },
                ),
                announcement=Handover(descriptor=handover, probe=probe, looping=children.looping)
                if handover is not None
                else Banner(
                    settings=settings,
                    port=port,
                    isolation=engine.driver.shown,
                    user=str(instance.user),
                    network=network.shown(),
                    launcher=launcher,
                    probe=probe,
                    show=show,
                ),
            ).run()
    _log.info("stopped")


def _warn(settings: Settings, driver: Driver) -> None:
    """Say what every start has to say."""
    if driver.warning:
        _log.warning("%s", driver.warning)
    if settings.open_bind:
        _log.warning("open to other hosts: whoever reaches %s can run code", settings.bind)


@contextmanager
def _data_dir(path: Path) -> Iterator[DataDir]:
    data_dir = DataDir(path)
    try:
        yield data_dir
    finally:
        data_dir.release()


def _user(settings: Settings, data_dir: DataDir, path: Path, taken: Collection[int]) -> DaemonUser:
    if os.geteuid() != 0:
        return _oneself(settings)
    return daemon_user(
        settings.user,
        seed=str(path.resolve()),
        owner=data_dir.owner,
        taken=taken,
        accounts=HostAccounts(),
    )


def _oneself(settings: Settings) -> DaemonUser:
    myself = own_user()
    if settings.user not in ("", str(myself.uid)):
        raise StartFailure(f"Only root can run edge and control as another user ({settings.user}).")
    return myself


@contextmanager
def _instance(instances: Instances, data_dir: Path) -> Iterator[Instance]:
    instance = instances.take(data_dir)
    try:
        yield instance
    finally:
        instances.give_back(instance)


def _log_to_file(settings: Settings) -> None:
    """From here on the log is in its file: what kept the daemon from starting was still told on stderr."""
    file = settings.log_file
    if file is None:
        return
    try:
        set_up_logging(program="supervisor", level=settings.log_level, file=file)
    except OSError as error:
        raise unusable("the log file", file, error) from error
