"""Makes sandboxes, several at a time: what waits for mkfs or for a sandbox that sets itself up stalls no other order."""

import os
import socket
from array import array
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Address
from typing import Final

from lambent.sandbox.network.cables import Cables
from lambent.sandbox.spawner import inside, kernel, namespaces
from lambent.sandbox.spawner.askers import Answer, Asker
from lambent.sandbox.spawner.cgroups import Cgroups, Usage
from lambent.sandbox.spawner.formats import Formats
from lambent.sandbox.spawner.lives import Life, Lives, Phase, Refused
from lambent.sandbox.spawner.mounts import Roots
from lambent.sandbox.spawner.network import PORTS
from lambent.sandbox.spawner.orders import Make
from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.storage import FormatFailure, Template, Volumes

_INIT_OOM_SCORE: Final = 500
_LONGEST_MESSAGE: Final = 2048
_PASSED: Final = len(PORTS) + 1
"""Descriptors that come out of a sandbox: its listeners, its runtime's status."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walls:
    """What is the same for every sandbox."""

    desk: str
    """An empty directory in the spawner's working directory, which is in its own mounts."""
    last_capability: int
    filter_program: bytes


class Maker:
    """Answers orders to make a sandbox."""

    def __init__(
        self,
        *,
        lives: Lives,
        cgroups: Cgroups,
        roots: Roots,
        formats: Formats,
        volumes: Volumes,
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
            birth = self._bear(order, template, life, answer)
        except OSError as error:
            reason = str(error)
            self._lives.kill(life, lambda _: answer.failed(reason))
        else:
            birth.begin()

    def _bear(self, order: Make, template: Template, life: Life, answer: Answer) -> "_Birth":
        """Fork the sandbox's first process, which sets the sandbox up on its own. Raises OSError."""
        with ExitStack() as ours, ExitStack() as theirs:
            root = self._roots.get(order.root)
            volume = self._volumes.make(template, owner=life.base)
            life.directory = volume.directory
            theirs.callback(os.close, volume.tree)
            joining = self._cgroups.create(life.name, memory_mb=order.memory_mb)
            for descriptor in joining.descriptors():
                theirs.callback(os.close, descriptor)
            pipes = _Pipes.make(ours=ours, theirs=theirs)
            spawner, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            ours.callback(spawner.close)
            theirs.callback(child.close)
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
            )
            pid, pidfd = kernel.clone3(namespaces.SANDBOX, into_cgroup=joining.into)
            if pid == 0:
                inside.become(plan)
            self._lives.born(life, pid, pidfd)
            namespaces.map_ids(pid, life.base)
            namespaces.prefer_as_victim(pid, _INIT_OOM_SCORE)
            address = None if self._cables is None else self._cables.lay(pid)
            spawner.send(inside.GO + (b"" if address is None else address.packed))
            self._binder.prepare(life.base)
            return _Birth(
                life=life,
                child=spawner,
                held=pipes.held(),
                listening=partial(self._settle, address),
                kept=ours.pop_all(),
                answer=answer,
                lives=self._lives,
                reactor=self._reactor,
            )

    def _settle(self, address: IPv4Address | None) -> None:
        if self._cables is not None and address is not None:
            with suppress(OSError):  # it has ended already
                self._cables.settle(address)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pipes:
    """The four pipes of a sandbox, each (read end, write end)."""

    requests: tuple[int, int]
    responses: tuple[int, int]
    output: tuple[int, int]
    report: tuple[int, int]

    @classmethod
    def make(cls, *, ours: ExitStack, theirs: ExitStack) -> "_Pipes":
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


class _Birth:
    """Hears how the first process gets on, until the runtime was started or could not be."""

    def __init__(
        self,
        *,
        life: Life,
        child: socket.socket,
        held: tuple[int, ...],
        listening: Callable[[], None],
        kept: ExitStack,
        answer: Answer,
        lives: Lives,
        reactor: Reactor,
    ) -> None:
        self._life, self._child, self._held = life, child, held
        self._listening = listening
        self._kept, self._answer = kept, answer
        self._lives, self._reactor = lives, reactor
        self._passed: list[int] = []
        self._failure = ""

    def begin(self) -> None:
        """Listen."""
        self._reactor.on_readable(self._child.fileno(), self._hear)

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
                self._answer.done({"name": self._life.name}, copies)

    def _tell_failure(self, usage: Usage) -> None:
        memory = " (out of memory)" if usage.oom_kills else ""
        reason = self._failure or "its first process ended while it was set up"
        self._answer.failed(f"{reason}{memory}")


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
