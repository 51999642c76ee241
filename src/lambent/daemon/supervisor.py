"""`lambent up`: takes a place on the host, starts spawner, control and edge, keeps them running, ends them in order."""

import importlib
import logging
import os
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Never

from lambent.daemon.banner import Announcement, Banner, HealthProbe, probe_address, show
from lambent.daemon.children import Children
from lambent.daemon.config import Settings
from lambent.daemon.data_dir import DataDir
from lambent.daemon.failure import StartFailure
from lambent.daemon.instance import RUN_ROOT, Instance, Instances
from lambent.daemon.log import set_up_logging
from lambent.daemon.ports import listeners
from lambent.daemon.processes import STOP_SIGNALS, LinuxProcesses, Processes, Program
from lambent.daemon.program import Inheritance, command, settings_of, settings_text
from lambent.daemon.status import StatusFile
from lambent.kit.backoff import Backoff
from lambent.kit.clock import SystemClock

ISOLATION: Final = "direct"
_RESTARTS: Final = Backoff(first_seconds=0.1, longest_seconds=5.0)
_ANNOUNCEMENT_SECONDS: Final = 0.01
_ORPHAN_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What the supervisor runs and sweeps; tests bring small ones of their own."""

    programs: Callable[[Settings, Instance, Sequence[socket.socket]], Sequence[Program]]
    """Makes the programs to run, in the order of their start."""
    sweep: Callable[[str], None]
    """Clears away whatever sandboxes of an instance are left. Raises OSError."""
    prepare: Callable[[Path], None]
    """Makes in the data directory what its programs need from a privileged hand."""


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


def up(settings: Settings, *, launcher: str) -> Never:
    """Become the daemon, which ends at SIGTERM or SIGINT. Raises StartFailure when this is not root.

    By exec: what the command line needed, and a supervisor does not, is 20 MB.
    """
    if os.geteuid() != 0:
        raise StartFailure(f"Making sandboxes needs root: run sudo {launcher} up.")
    argv = command("lambent.daemon.supervisor", settings_text(settings), launcher)
    os.execv(argv[0], argv)  # noqa: S606  this very interpreter


def main(arguments: Sequence[str]) -> None:
    """Run the daemon with settings from `up`; exit 1 with a sentence when it can't start."""
    engine = Engine(programs=_programs, sweep=_sweep, prepare=_prepare)
    try:
        run_daemon(settings_of(arguments[0]), engine=engine, launcher=arguments[1])
    except StartFailure as failure:
        sys.exit(f"lambent: {failure}")


def run_daemon(
    settings: Settings, *, engine: Engine, launcher: str, run_root: Path = RUN_ROOT
) -> None:
    """Supervise until SIGTERM or SIGINT. Raises StartFailure when the daemon can't start."""
    set_up_logging(program="supervisor", level=settings.log_level)
    processes, clock = LinuxProcesses(), SystemClock()
    with ExitStack() as held:
        data_dir = held.enter_context(_data_dir(settings.data_dir))
        engine.prepare(data_dir.path)
        sockets = [held.enter_context(closing(s)) for s in listeners(settings.bind, settings.port)]
        instances = Instances(sweep=engine.sweep, run_root=run_root)
        with _instance(instances, data_dir.path) as instance:
            children = Children(
                engine.programs(settings, instance, sockets),
                processes=processes,
                clock=clock,
                backoff=_RESTARTS,
            )
            held.callback(children.end_orphans, _ORPHAN_SECONDS)
            if settings.open_bind:
                _log.warning("open to other hosts: whoever reaches %s can run code", settings.bind)
            Supervisor(
                children=children,
                processes=processes,
                status=StatusFile(instance.run_dir / "status.json"),
                announcement=_banner(settings, sockets[0], launcher),
            ).run()
    _log.info("stopped")


@contextmanager
def _data_dir(path: Path) -> Iterator[DataDir]:
    data_dir = DataDir(path)
    try:
        yield data_dir
    finally:
        data_dir.release()


@contextmanager
def _instance(instances: Instances, data_dir: Path) -> Iterator[Instance]:
    instance = instances.take(data_dir)
    try:
        yield instance
    finally:
        instances.give_back(instance)


def _banner(settings: Settings, listener: socket.socket, launcher: str) -> Banner:
    port = int(listener.getsockname()[1])
    return Banner(
        settings=settings,
        port=port,
        isolation=ISOLATION,
        launcher=launcher,
        probe=HealthProbe(probe_address(settings.bind, port)),
        show=show,
    )


def _programs(
    settings: Settings, instance: Instance, sockets: Sequence[socket.socket]
) -> Sequence[Program]:
    own = Inheritance(
        settings=settings,
        instance=instance.id,
        run_dir=instance.run_dir,
        isolation=ISOLATION,
        port=int(sockets[0].getsockname()[1]),
    )
    descriptors = tuple(s.fileno() for s in sockets)
    edges = replace(own, listeners=descriptors)
    return (
        Program(
            name="spawner",
            argv=command(
                "lambent.sandbox.spawner.main",
                *("--instance", instance.id),
                *("--run-dir", str(instance.run_dir)),
                *("--spool-dir", str(settings.data_dir / "spool")),
                *("--first-uid", str(instance.first_uid)),
            ),
        ),
        Program(name="control", argv=command("lambent.daemon.control", own.encode())),
        Program(
            name="edge",
            argv=command("lambent.daemon.edge", edges.encode()),
            descriptors=descriptors,
            grace_seconds=settings.drain_seconds + 1.0,
        ),
    )


def _sweep(instance: str) -> None:
    # By name: the spawner's modules are needed at the start and the end only, and cost memory.
    importlib.import_module("lambent.sandbox.spawner.sweep").sweep(instance)


def _prepare(data_dir: Path) -> None:
    keys = importlib.import_module("lambent.identity.keys")
    keys.MasterKey.load_or_create(data_dir / "keys" / "master")


if __name__ == "__main__":
    main(sys.argv[1:])
