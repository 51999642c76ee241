"""Makes sandboxes, several at a time: what waits for mkfs or for a sandbox that sets itself up stalls no other order."""

import os
import socket
from array import array
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from typing import Final, Protocol

from lambent.sandbox.network.cables import Cables
from lambent.sandbox.spawner import inside, kernel, limits, midwife, namespaces
from lambent.sandbox.spawner.askers import Answer, Asker
from lambent.sandbox.spawner.cgroups import Cgroups, Usage
from lambent.sandbox.spawner.formats import Provided
from lambent.sandbox.spawner.lives import Life, Lives, Phase, Refused
from lambent.sandbox.spawner.mounts import Roots
from lambent.sandbox.spawner.network import PORTS
from lambent.sandbox.spawner.orders import Make
from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.storage import FormatFailure, Template

_INIT_OOM_SCORE: Final = 500
_LONGEST_MESSAGE: Final = 2048
_PASSED: Final = len(PORTS) + 1
"""Descriptors that come out of a sandbox: its listeners, its runtime's status."""

_NOWHERE_ELSE: Final[Mapping[str, str]] = {}


class ProvidesFormats(Protocol):
    """Calls back with what an empty volume is made of."""

    def provide(self, size_mb: int, provided: Provided) -> None:
        """Call `provided` with the template of a size, or with why there is none."""
        ...


class ShownVolume(Protocol):
    """An empty file system; what is open of it is the caller's to close."""

    @property
    def tree(self) -> int:
        """A detached mount of it."""
        ...

    @property
    def directory(self) -> int | None:
        """What is shown, for whoever wipes it in the end; None where nothing is left of it then."""
        ...


class MakesVolumes(Protocol):
    """Makes what is shown as /tmp."""

    def make(self, template: Template, *, owner: int) -> ShownVolume:
        """Make an empty volume that belongs to `owner`. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What is the same for every sandbox."""

    desk: str
    """An empty directory in the spawner's working directory, which is in its own mounts."""
    last_capability: int
    filter_program: bytes
    one_user: bool
    """Whether a user namespace of a sandbox can hold one user only."""


class Maker:
    """Answers orders to make a sandbox."""

    def __init__(
        self,
        *,
        lives: Lives,
        cgroups: Cgroups,
        roots: Roots,
        formats: ProvidesFormats,
        volumes: MakesVolumes,
        walls: Walls,
        binder: namespaces.Binder,
        cables: Cables | None,
        reactor: Reactor,
    ) -> None:
        """`cables` is None where sandboxes have no network."""
        self._binder, self._cables = binder, cables
        self._lives, self._cgroups, self._roots = lives, cgroups, roots
        self._formats, self._volumes = formats, volumes
        self._walls, self._reactor = walls, reactor

    def make(self, order: Make, asker: Asker, answer: Answer) -> None:
        """Make a sandbox and start its runtime; answered with its name and descriptors, or with what failed.

        Descriptors, in this order: requests, responses, output, report, the listeners of network.PORTS, the
        runtime's /proc/PID/status.
        """

        def provided(template: Template | FormatFailure) -> None:
            if isinstance(template, FormatFailure):
                answer.failed(f"no /tmp: {template}")
            elif asker.open:
                self._begin(order, template, asker, answer)

        self._formats.provide(order.ephemeral_storage_mb, provided)

    def _begin(self, order: Make, template: Template, asker: Asker, answer: Answer) -> None:
        try:
            life = self._lives.begin(asker)
        except Refused as refusal:
            answer.failed(str(refusal))
            return
        try:
            self._have_born(order, template, life, answer)
        except OSError as error:
            reason = str(error)
            self._lives.stillborn(life, lambda _: answer.failed(reason))

    def _have_born(self, order: Make, template: Template, life: Life, answer: Answer) -> None:
        """Have the sandbox's first process made, which then sets the sandbox up on its own. Raises OSError."""
        with ExitStack() as ours, ExitStack() as theirs:
            root = self._roots.get(order.root)
            pipes = Pipes.make(ours=ours, theirs=theirs)
            spawner, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.callback(spawner.close)
            theirs.callback(child.close)

            def bear() -> midwife.Born:
                return self._bear(order, template, life, root=root, pipes=pipes, child=child)

            def told(outcome: midwife.Born | midwife.Stillborn) -> None:
                if isinstance(outcome, midwife.Born):
                    self._born(outcome, birth)
                else:
                    kept.close()
                    self._lives.stillborn(life, lambda _: answer.failed(outcome.reason))

            life.being_born = True
            midwife.attend(bear, told, reactor=self._reactor)
            kept = ours.pop_all()
            birth = Birth(
                life=life,
                child=spawner,
                held=pipes.held(),
                kept=kept,
                answer=answer,
                lives=self._lives,
                reactor=self._reactor,
            )

    def _bear(
        self,
        order: Make,
        template: Template,
        life: Life,
        *,
        root: str,
        pipes: "Pipes",
        child: socket.socket,
    ) -> midwife.Born:
        """Make what the sandbox needs and its first process. Raises OSError.

        Danger: this runs in a fork of the spawner; what it leaves open ends with it.
        """
        volume = self._volumes.make(template, owner=life.base)
        joining = self._cgroups.create(life.name, memory_mb=order.memory_mb)
        plan = inside.Inside(
            spawner=child,
            groups=joining.procs,
            frozen=joining.frozen,
            root=root,
            desk=self._walls.desk,
            volume=volume.tree,
            argv=order.argv,
            late=order.late,
            environ=order.environ,
            output=pipes.output[1],
            requests=pipes.requests[0],
            responses=pipes.responses[1],
            report=pipes.report[1],
            last_capability=self._walls.last_capability,
            filter_program=self._walls.filter_program,
            one_user=self._walls.one_user,
        )
        pid, pidfd = kernel.clone3(namespaces.SANDBOX, into_cgroup=joining.into, sibling=True)
        if pid == 0:
            inside.become(plan)
        if self._walls.one_user:
            namespaces.map_one_user(pid, uid=limits.RUNTIME_UID, gid=limits.GID)
        else:
            namespaces.map_ids(pid, life.base)
        namespaces.prefer_as_victim(pid, _INIT_OOM_SCORE)
        directory = () if volume.directory is None else (volume.directory,)
        return midwife.Born(pid=pid, pidfd=pidfd, descriptors=directory)

    def _born(self, born: midwife.Born, birth: "Birth") -> None:
        """Let the first process go on, once it has its cable."""
        birth.life.directory = next(iter(born.descriptors), None)
        try:
            self._lives.born(birth.life, born.pid, born.pidfd)
            address = None if self._cables is None else self._cables.lay(born.pid)
            birth.begin(address, partial(self._settle, address))
            self._binder.prepare(birth.life.base)
        except OSError as error:
            birth.fail(str(error))

    def _settle(self, address: IPv4Address | None) -> None:
        if self._cables is not None and address is not None:
            with suppress(OSError):  # it has ended already
                self._cables.settle(address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipes:
    """The four pipes of a sandbox, each (read end, write end)."""

    requests: tuple[int, int]
    responses: tuple[int, int]
    output: tuple[int, int]
    report: tuple[int, int]

    @classmethod
    def make(cls, *, ours: ExitStack, theirs: ExitStack) -> "Pipes":
        """Make them, each end closed with the side it belongs to."""
        made = []
        for to_runtime in (True, False, False, False):
            pipe = os.pipe()
            reads, writes = (theirs, ours) if to_runtime else (ours, theirs)
            reads.callback(os.close, pipe[0])
            writes.callback(os.close, pipe[1])
            made.append(pipe)
        return cls(requests=made[0], responses=made[1], output=made[2], report=made[3])

    def held(self) -> tuple[int, int, int, int]:
        """Return the ends that the asker gets."""
        return self.requests[1], self.responses[0], self.output[0], self.report[0]


class Birth:
    """Hears how the first process gets on, until the runtime was started or could not be."""

    def __init__(
        self,
        *,
        life: Life,
        child: socket.socket,
        held: tuple[int, ...],
        kept: ExitStack,
        answer: Answer,
        lives: Lives,
        reactor: Reactor,
        places: Mapping[str, str] = _NOWHERE_ELSE,
    ) -> None:
        """`places`: what stands for its fixed places, where those are others."""
        self._life, self._child, self._held, self._places = life, child, held, places
        self._listening: Callable[[], None] = _nothing
        self._kept, self._answer = kept, answer
        self._lives, self._reactor = lives, reactor
        self._passed: list[int] = []
        self._failure = ""

    @property
    def life(self) -> Life:
        """Whose birth it is."""
        return self._life

    def begin(self, address: IPv4Address | None, listening: Callable[[], None]) -> None:
        """Let the first process go on, and listen; `listening` is called when the sandbox does. Raises OSError."""
        self._child.send(inside.GO + (b"" if address is None else address.packed))
        self._listening = listening
        self._reactor.on_readable(self._child.fileno(), self._hear)

    def fail(self, reason: str) -> None:
        """It can't go on."""
        self._failure = reason
        self._kept.close()
        self._lives.kill(self._life, self._tell_failure)

    def _hear(self) -> None:
        try:
            message, descriptors = _receive(self._child)
        except ConnectionError:
            message, descriptors = b"", []
        self._passed.extend(descriptors)
        for descriptor in descriptors:
            self._kept.callback(os.close, descriptor)
        if message.startswith(inside.FAILED):
            self._failure = message.removeprefix(inside.FAILED).decode(errors="replace")
        elif message == inside.LISTENING:
            self._listening()
        elif not message:
            # Nobody has the other end any more: the init closed it, the runtime lost it by its exec.
            self._finish()

    def _finish(self) -> None:
        self._reactor.forget(self._child.fileno())
        with self._kept:
            self._child.close()
            if self._failure or len(self._passed) < _PASSED:
                self._lives.kill(self._life, self._tell_failure)
                return
            self._lives.made(self._life)
            if self._life.phase in (Phase.STANDING, Phase.ENDED):
                copies = [os.dup(d) for d in (*self._held, *self._passed)]
                self._answer.done({"name": self._life.name, "places": self._places}, copies)

    def _tell_failure(self, usage: Usage) -> None:
        memory = " (out of memory)" if usage.oom_kills else ""
        reason = self._failure or "its first process ended while it was set up"
        self._answer.failed(f"{reason}{memory}")


def _nothing() -> None:
    """Until it listens nobody is to be told."""


def _receive(child: socket.socket) -> tuple[bytes, list[int]]:
    # Not socket.recv_fds: it drops its flags (CPython 3.11), and the descriptors would be inherited.
    message, ancillary, _, _ = child.recvmsg(
        _LONGEST_MESSAGE,
        socket.CMSG_SPACE(_PASSED * array("i").itemsize),
        socket.MSG_CMSG_CLOEXEC,
    )
    descriptors = array("i")
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    return message, list(descriptors)
