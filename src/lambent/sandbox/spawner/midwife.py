"""Bears sandboxes, each in a process of its own: what a birth waits for (a disk, namespaces, groups) stalls no other order."""

import os
import signal
import socket
import sys
from array import array
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Never

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.reactor import Reactor

_FAILED: Final = b"failed "
_LONGEST_MESSAGE: Final = 2048
_MOST_DESCRIPTORS: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Born:
    """A sandbox's first process; the descriptors are the receiver's."""

    pid: int
    pidfd: int
    descriptors: Sequence[int]
    """What else was to be handed over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stillborn:
    """There is none."""

    reason: str


Bear = Callable[[], Born]
"""Runs in the other process. Raises OSError. What it starts is to be a sibling of its own, and so the spawner's child."""
Told = Callable[[Born | Stillborn], None]


def attend(bear: Bear, told: Told, *, reactor: Reactor) -> None:
    """Have `bear` done in a fork, and `told` called once, later, with what came of it. Raises OSError."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        try:
            pid, pidfd = kernel.clone3(0)
        except OSError:
            ours.close()
            raise
        if pid == 0:
            _be(bear, theirs)
    reactor.on_readable(pidfd, lambda: _reap(pidfd, reactor))

    def hear() -> None:
        reactor.forget(ours.fileno())
        with ours:
            outcome = _receive(ours)
        told(outcome)

    reactor.on_readable(ours.fileno(), hear)


def _be(bear: Bear, spawner: socket.socket) -> Never:
    """Danger: a fork of the spawner, with all its descriptors; it must never return to the loop, and ends when the spawner does."""
    try:
        kernel.prctl(kernel.PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        born = bear()
        socket.send_fds(spawner, [b"%d" % born.pid], [born.pidfd, *born.descriptors])
        os._exit(0)
    finally:
        spawner.send(_FAILED + f"{sys.exc_info()[1]}".encode()[:1000])
        os._exit(1)


def _receive(midwife: socket.socket) -> Born | Stillborn:
    # Not socket.recv_fds: it drops its flags (CPython 3.11), and the descriptors would be inherited.
    try:
        message, ancillary, _, _ = midwife.recvmsg(
            _LONGEST_MESSAGE,
            socket.CMSG_SPACE(_MOST_DESCRIPTORS * array("i").itemsize),
            socket.MSG_CMSG_CLOEXEC,
        )
    except ConnectionError:
        message, ancillary = b"", []
    descriptors = array("i")
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    if message.startswith(_FAILED):
        return Stillborn(reason=message.removeprefix(_FAILED).decode(errors="replace"))
    if not message or not descriptors:
        for descriptor in descriptors:
            os.close(descriptor)
        return Stillborn(reason="what makes sandboxes was killed")
    pidfd, *others = descriptors
    return Born(pid=int(message), pidfd=pidfd, descriptors=others)


def _reap(pidfd: int, reactor: Reactor) -> None:
    reactor.forget(pidfd)
    with suppress(ChildProcessError):
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
    os.close(pidfd)
