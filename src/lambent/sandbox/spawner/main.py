"""The spawner's program: makes, binds, limits and kills sandboxes as it is told over RUN/spawner.sock. One thread.

Root for the driver `direct`, any user for the others.
"""

import argparse
import gc
import os
import re
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from lambent.kit.file_limit import raise_file_limit
from lambent.kit.log_file import LogFile
from lambent.sandbox import drivers
from lambent.sandbox.spawner import cgroups, kernel, orders, seccomp
from lambent.sandbox.spawner.askers import Answer, Asker
from lambent.sandbox.spawner.cgroups import Cgroups, Usage
from lambent.sandbox.spawner.driver import DRIVERS, Settings, Workers
from lambent.sandbox.spawner.lives import SLOTS, Lives, Refused
from lambent.sandbox.spawner.namespaces import IDS
from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.sight import Sight
from lambent.sandbox.spawner.storage import FormatFailure

_BACKLOG: Final = 16
_STDERR: Final = 2
_FAILURES: Final = (
    cgroups.NoCgroups,
    seccomp.FilterUnavailable,
    FormatFailure,
)
_SHOWN_HELP: Final = "a place that is closed to the asker but may be shown in its sandboxes"
_INSTANCE: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class Spawner:
    """Answers what its askers order."""

    def __init__(
        self, *, lives: Lives, cgroups: Cgroups, workers: Workers, reactor: Reactor
    ) -> None:
        self._lives, self._cgroups, self._workers = lives, cgroups, workers
        self._reactor = reactor
        self._introduced: set[Asker] = set()

    def welcome(self, connection: socket.socket) -> None:
        """Listen to a new asker."""
        Asker(connection, reactor=self._reactor, heard=self._heard, left=self._left)

    def _left(self, asker: Asker) -> None:
        self._introduced.discard(asker)
        self._lives.end_of(asker)

    def _heard(self, asker: Asker, message: bytes) -> None:
        answer = Answer(asker, orders.parse_id(message))
        try:
            order = orders.parse(message)
            self._obey(order, asker, answer)
        except (orders.Malformed, Refused, OSError) as error:
            answer.failed(str(error))

    def _obey(self, order: orders.Order, asker: Asker, answer: Answer) -> None:
        if asker not in self._introduced and not isinstance(order, orders.Hello):
            raise Refused("say hello first")
        match order:
            case orders.Hello(held=held):
                self._introduced.add(asker)
                answer.done({"known": self._lives.claim(held, asker)})
            case orders.Make():
                self._workers.maker.make(order, asker, answer)
            case orders.Bind(name=name, memory_mb=memory_mb):
                life, pidfd = self._lives.standing(name, asker)
                if memory_mb is not None:
                    self._cgroups.limit_memory(name, memory_mb=memory_mb)
                self._workers.binder.bind(order, pid=life.pid, pidfd=pidfd, base=life.base)
                answer.done({})
            case orders.Store():
                self._workers.refit.store(order, asker, answer)
            case orders.Kill(name=name):
                self._lives.kill_named(name, asker, lambda usage: _tell(answer, usage))
            case orders.Limit() | orders.Freeze() | orders.Thaw():
                self._control(order, asker)
                answer.done({})

    def _control(self, order: orders.Limit | orders.Freeze | orders.Thaw, asker: Asker) -> None:
        match order:
            case orders.Limit(name=name, memory_mb=memory_mb, cores=cores):
                self._lives.standing(name, asker)
                self._cgroups.limit(name, memory_mb=memory_mb, cores=cores)
            case orders.Freeze(names=names):
                for name in names:
                    self._lives.freeze(name, asker)
            case orders.Thaw(name=name):
                self._lives.standing(name, asker)
                self._cgroups.thaw(name)


def _tell(answer: Answer, usage: Usage) -> None:
    answer.done({"oom_kills": usage.oom_kills, "anonymous_bytes": usage.anonymous_bytes})


def serve(settings: Settings) -> None:
    """Obey until SIGTERM, which ends every sandbox; nothing is left then.

    Raises OSError, NoCgroups, FilterUnavailable, FormatFailure.
    """
    reactor = Reactor()
    stopping = _Stop(reactor)
    with DRIVERS[settings.isolation](settings, reactor) as driver:
        lives = Lives(
            instance=settings.instance,
            first_uid=settings.first_uid,
            cgroups=driver.cgroups,
            roll=driver.roll,
            wipe=driver.wipe,
            reactor=reactor,
        )
        spawner = Spawner(
            lives=lives, cgroups=driver.cgroups, workers=driver.workers(lives), reactor=reactor
        )
        with _listen(settings) as listener:
            reactor.on_readable(listener.fileno(), lambda: spawner.welcome(listener.accept()[0]))
            # What is here stays: keeping it out of collections keeps its pages shared with every sandbox's init.
            gc.collect()
            gc.freeze()
            while not stopping.wanted:
                reactor.turn()
            reactor.forget(listener.fileno())
        (settings.run_dir / "spawner.sock").unlink(missing_ok=True)
        lives.end_all()
        while lives:
            reactor.turn()
        driver.cgroups.close()


class _Stop:
    """Notes SIGTERM and wakes the loop."""

    def __init__(self, reactor: Reactor) -> None:
        self.wanted = False
        self._woken, self._waker = socket.socketpair()
        self._woken.setblocking(False)
        self._waker.setblocking(False)
        signal.signal(signal.SIGTERM, self._want)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's: the supervisor decides
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        reactor.on_readable(self._woken.fileno(), self._drain)

    def _drain(self) -> None:
        self._woken.recv(64)

    def _want(self, number: int, frame: object) -> None:
        self.wanted = True


def _listen(settings: Settings) -> socket.socket:
    path = settings.run_dir / "spawner.sock"
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(str(path))
    path.chmod(0o600)
    if settings.asker_uid is not None:
        os.chown(path, settings.asker_uid, -1)
    listener.listen(_BACKLOG)
    return listener


def _directory(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a directory")
    return path


def parse_settings(arguments: Sequence[str]) -> Settings:
    """Read the command line; what is wrong is said, and raises SystemExit."""
    parser = argparse.ArgumentParser(prog="lambent-spawner", description=__doc__)
    parser.add_argument("--instance", required=True)
    parser.add_argument("--run-dir", required=True, type=_directory)
    parser.add_argument("--spool-dir", required=True, type=_directory)
    parser.add_argument("--first-uid", required=True, type=int)
    parser.add_argument("--asker-uid", type=int, help="who may connect (default: this user)")
    parser.add_argument("--asker-gid", default=0, type=int, help="its group")
    parser.add_argument("--shown", action="append", default=[], type=Path, help=_SHOWN_HELP)
    parser.add_argument("--isolation", choices=tuple(drivers.DRIVERS), default=drivers.DIRECT)
    parser.add_argument(
        "--plain-storage", action="store_true", help="do not encrypt /tmp: the kernel can't"
    )
    parser.add_argument("--router", type=int, help="descriptor of its namespace (default: none)")
    parser.add_argument("--log-file", type=Path, help="where last words go (default: stderr)")
    read = parser.parse_args(arguments)
    if not _INSTANCE.fullmatch(read.instance):
        parser.error("--instance: up to 32 lower-case letters, digits and dashes")
    if not 0 < read.first_uid < 2**32 - SLOTS * IDS:
        parser.error(f"--first-uid: {SLOTS} ranges of {IDS} ids must fit above it")
    return Settings(
        instance=read.instance,
        run_dir=read.run_dir,
        spool_dir=read.spool_dir,
        first_uid=read.first_uid,
        asker_uid=read.asker_uid,
        isolation=read.isolation,
        sight=Sight(
            uid=read.asker_uid or 0,
            gid=read.asker_gid,
            shown=tuple(path.resolve() for path in read.shown),
        ),
        plain_storage=read.plain_storage,
        log_file=read.log_file,
        router=read.router,
    )


def main() -> None:
    """Run the program."""
    settings = parse_settings(sys.argv[1:])
    try:
        _run(settings)
    except BaseException:
        if settings.log_file is not None:  # it may have been rotated since this began
            with suppress(OSError):
                LogFile(settings.log_file, descriptor=_STDERR).catch_up()
        raise


def _run(settings: Settings) -> None:
    kernel.name_process(b"lambent-spawner")
    raise_file_limit()
    try:
        serve(settings)
    except (*_FAILURES, OSError) as error:
        sys.exit(f"lambent-spawner: {error}")


if __name__ == "__main__":
    main()
