"""The program that `lambent up` becomes: the supervisor over spawner, control and edge."""

import errno
import importlib
import logging
import os
import socket
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Never

import lambent
from lambent.daemon.as_user import AsUser, demand_readable, interpreters_below_homes
from lambent.daemon.bytecode import compile_stale
from lambent.daemon.config import Settings, interpreter_places, run_root
from lambent.daemon.daemon_user import DaemonUser
from lambent.daemon.failure import StartFailure
from lambent.daemon.host import LinuxHost
from lambent.daemon.instance import Instance, fetchers_home, own_dir, spawner_dir
from lambent.daemon.interpreters import InterpreterPlaces
from lambent.daemon.isolation import choose
from lambent.daemon.network import Network, network_of, sweep_network
from lambent.daemon.ownership import give_all
from lambent.daemon.places import own
from lambent.daemon.processes import Become, Program, remain
from lambent.daemon.program import Inheritance, command, settings_of, settings_text
from lambent.daemon.supervisor import Engine, run_daemon
from lambent.kit.file_limit import raise_file_limit
from lambent.model.limits import MAX_FILES
from lambent.sandbox.drivers import PROCESS, Driver

if TYPE_CHECKING:  # as daemon.network has it
    from lambent.sandbox.network.router import Router

_log = logging.getLogger(__name__)

_IMAGE, _TREES = "trees.img", "trees"
_EDGE_NICENESS: Final = -5
"""Every invocation passes through the edge: it goes before what the functions themselves do."""
_LEAST_FILES: Final = MAX_FILES
"""A function may have so many, and what its sandbox is made of can allow no more than it has itself."""


def up(settings: Settings, *, launcher: str) -> Never:
    """Become the daemon, which ends at SIGTERM or SIGINT. Raises StartFailure when functions can't be isolated as wanted.

    By exec: what the command line needed, and a supervisor does not, is 20 MB.
    """
    argv = start_command(settings, launcher=launcher)
    os.execv(argv[0], argv)  # noqa: S606  this very interpreter


def start_command(settings: Settings, *, launcher: str, handover: int | None = None) -> list[str]:
    """The command line of the daemon itself. Raises StartFailure when functions can't be isolated as wanted."""
    _driver(settings, launcher)
    more = () if handover is None else (str(handover),)
    return [*command("lambent.daemon.start", settings_text(settings), launcher, *more)]


def up_here(settings: Settings, *, launcher: str, handover: int | None = None) -> None:
    """Be the daemon in this process, until SIGTERM or SIGINT. Raises StartFailure when it can't start.

    `handover` is the descriptor that is told of a healthy start.
    """
    driver = _driver(settings, launcher)
    _demand_files()
    root = own(run_root())
    if os.geteuid() == 0:
        compile_stale(Path(lambent.__file__).parent)
    daemon = _Daemon(driver)
    engine = Engine(
        programs=daemon.programs,
        sweep=partial(_sweep, root),
        network=partial(network_of, driver),
        prepare=daemon.prepare,
        driver=driver,
    )
    try:
        run_daemon(settings, engine=engine, launcher=launcher, run_root=root, handover=handover)
    finally:
        daemon.let_go(settings)


def main(arguments: Sequence[str]) -> None:
    """Run the daemon with settings from `up`; exit 1 with a sentence when it can't start.

    A third argument is the descriptor that is told of a healthy start.
    """
    settings, launcher, handover = settings_of(arguments[0]), arguments[1], arguments[2:]
    try:
        up_here(settings, launcher=launcher, handover=int(handover[0]) if handover else None)
    except StartFailure as failure:
        sys.exit(f"lambent: {failure}")


def _driver(settings: Settings, launcher: str) -> Driver:
    return choose(settings.isolation, LinuxHost(), launcher=launcher)


def _demand_files() -> None:
    files = raise_file_limit()
    if files < _LEAST_FILES:
        raise StartFailure(
            f"Only {files} files may be open at once here, and functions need {_LEAST_FILES}; "
            "raise the limit (ulimit -n, LimitNOFILE=) for whatever starts lambent."
        )


class _Daemon:
    """What is made of a data directory before its programs start, and they of it."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._key, self._mounted = b"", False

    def prepare(self, settings: Settings) -> None:
        keys = importlib.import_module("lambent.identity.keys")
        data_keys = importlib.import_module("lambent.daemon.data_key")
        folder = settings.data_dir / "keys"
        master = keys.MasterKey.load_or_create(folder / "master")
        master.write_root_key(folder / "root.json")
        self._key = data_keys.data_key(folder / "data", key_command=settings.key_command)

    def programs(
        self,
        settings: Settings,
        instance: Instance,
        sockets: Sequence[socket.socket],
        network: Network,
    ) -> Sequence[Program]:
        # After the sweep, which ends sandboxes of a daemon before that could still use the file system.
        encrypted = os.geteuid() == 0 and self._mount(settings.data_dir, instance.user)
        data_keys = importlib.import_module("lambent.daemon.data_key")
        key = data_keys.held(self._key)
        return _programs(
            self._driver, settings, instance, sockets, network, encrypted=encrypted, data_key=key
        )

    def let_go(self, settings: Settings) -> None:
        """Leave no file system mounted."""
        if self._mounted:
            trees = importlib.import_module("lambent.daemon.tree_storage")
            trees.unmount_trees(settings.data_dir / _IMAGE, settings.data_dir / _TREES)

    def _mount(self, data_dir: Path, user: DaemonUser) -> bool:
        data_keys = importlib.import_module("lambent.daemon.data_key")
        trees = importlib.import_module("lambent.daemon.tree_storage")
        key = data_keys.derived(self._key, b"trees", size=64)
        encrypted: bool = trees.mount_trees(data_dir / _IMAGE, data_dir / _TREES, key=key)
        self._mounted = True
        give_all(data_dir / _TREES, user)  # of a daemon that was of another user
        if not encrypted:
            _log.warning(
                "this kernel cannot encrypt directories (CONFIG_FS_ENCRYPTION): what functions "
                "write to /tmp and unpacked code lie on the disk in plain, below %s",
                data_dir,
            )
        return encrypted


def _programs(
    driver: Driver,
    settings: Settings,
    instance: Instance,
    sockets: Sequence[socket.socket],
    network: Network,
    *,
    encrypted: bool,
    data_key: int,
) -> Sequence[Program]:
    # As its programs see it: a link on the way there may be closed to them.
    settings = replace(settings, data_dir=settings.data_dir.resolve())
    places = interpreter_places()
    own = Inheritance(
        settings=settings,
        instance=instance.id,
        run_dir=instance.run_dir,
        interpreters=places,
        isolation=driver.name,
        port=int(sockets[0].getsockname()[1]),
    )
    descriptors = tuple(s.fileno() for s in sockets)
    controls, edges = replace(own, data_key=data_key), replace(own, listeners=descriptors)
    bytecode = _bytecode(settings)
    become, become_fetching = _becoming(settings, instance, places)
    router = network.router
    shown = [settings.data_dir, *interpreters_below_homes(places)]
    return (
        _spawner(
            driver, settings, instance, become, shown=shown, router=router, encrypted=encrypted
        ),
        *(() if router is None else (_names(settings, router, become, bytecode),)),
        Program(
            name="control",
            argv=command("lambent.daemon.control", controls.encode(), bytecode=bytecode),
            descriptors=(data_key,),
            become=become_fetching,
        ),
        Program(
            name="edge",
            argv=command("lambent.daemon.edge", edges.encode(), bytecode=bytecode),
            become=become,
            descriptors=descriptors,
            grace_seconds=settings.drain_seconds + 1.0,
            niceness=_EDGE_NICENESS,
        ),
    )


def _becoming(
    settings: Settings, instance: Instance, places: InterpreterPlaces
) -> tuple[Become, Become]:
    """How a new process becomes a program of the daemon's user, and one that fetches; an ordinary user's daemon is all its own."""
    if os.geteuid() != 0:
        return remain, remain
    demand_readable(instance.user)
    as_user = AsUser(
        user=instance.user,
        data_dir=settings.data_dir,
        interpreters=places,
        below=instance.run_dir,
    )
    return as_user, replace(as_user, home=fetchers_home(instance.run_dir))


def _spawner(
    driver: Driver,
    settings: Settings,
    instance: Instance,
    become: Become,
    *,
    shown: Sequence[Path],
    router: "Router | None",
    encrypted: bool,
) -> Program:
    routers = () if router is None else (router.namespace,)
    user = instance.user
    asker = ("--asker-uid", str(user.uid), "--asker-gid", str(user.gid))
    privileged = os.geteuid() == 0 and driver.name != PROCESS
    return Program(
        name="spawner",
        descriptors=routers,
        become=remain if privileged else become,
        argv=command(
            driver.program,
            *("--isolation", driver.name),
            *("--instance", instance.id),
            *("--run-dir", str(spawner_dir(instance.run_dir, driver.name))),
            *("--spool-dir", str(settings.data_dir / driver.spool)),
            *("--first-uid", str(instance.first_uid)),
            *(asker if privileged else ()),
            *(f"--shown={place}" for place in shown),
            *(() if encrypted else ("--plain-storage",)),
            *(part for each in routers for part in ("--router", str(each))),
            *(("--log-file", str(log)) if (log := settings.log_file) is not None else ()),
        ),
    )


def _bytecode(settings: Settings) -> Path | None:
    """Where edge and control keep compiled modules if not beside the sources: root's place for them is closed to them.

    Danger: whatever runs as root must never be told of this place, which another user writes to.
    """
    return settings.data_dir / "bytecode" if sys.pycache_prefix is not None else None


def _names(settings: Settings, router: "Router", become: Become, bytecode: Path | None) -> Program:
    udp, tcp = router.udp.fileno(), router.tcp.fileno()
    sockets = ("--udp", str(udp), "--tcp", str(tcp))
    return Program(
        name="names",
        argv=command(
            "lambent.daemon.names", *sockets, *settings.network_name_servers, bytecode=bytecode
        ),
        become=become,
        descriptors=(udp, tcp),
    )


def _sweep(run_root: Path, instance: str) -> None:
    # By name: the spawner's modules are needed at the start and the end only, and cost memory.
    sweeping = importlib.import_module("lambent.sandbox.spawner.sweep")
    try:
        run_dir = run_root / instance
        sweeping.sweep(instance, registers=[run_dir, own_dir(run_dir)])
    except sweeping.SweepFailure as failure:
        raise OSError(errno.EBUSY, str(failure)) from failure
    if os.geteuid() == 0:  # nobody else can have made a network
        sweep_network(instance)


if __name__ == "__main__":
    main(sys.argv[1:])
