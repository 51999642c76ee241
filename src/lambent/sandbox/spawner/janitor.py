"""Wipes what ended sandboxes leave in their /tmp, in a process of its own: the spawner never waits for a disk.

Files are removed before their file system is let go of: what was not written yet is then never written.
"""

import os
import signal
import socket
from array import array
from collections import deque
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from itertools import count
from typing import Final, Never

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.reactor import Reactor

_NICENESS: Final = 10
_HOSTS: Final = ("/", "/tmp", "/var", "/home", "/root", "/usr")
_ATTEMPTS: Final = 2


class Janitor:
    """The janitor as the spawner sees it; started when there is something to wipe, and anew should it die."""

    def __init__(self, *, reactor: Reactor, spared: Iterable[str] = _HOSTS) -> None:
        """Nothing is emptied that lies on a file system of one of `spared`, whoever asks for it."""
        self._reactor = reactor
        self._spared = {os.stat(place).st_dev for place in spared if os.path.isdir(place)}  # noqa: PTH112, PTH116 - as below
        self._waiting: deque[int] = deque()
        self._line: socket.socket | None = None
        self._pid = 0
        self._awaits_room = False

    def wipe(self, directory: int) -> None:
        """Have everything in `directory`, which nobody uses any more, removed and let go of; it is closed here."""
        self._waiting.append(directory)
        if len(self._waiting) == 1:
            self._hand_over()

    def close(self) -> None:
        """Return when all is wiped: blocks."""
        if self._line is None:
            return
        self._line.setblocking(True)
        with suppress(OSError):  # dead: the kernel lets go of the rest
            self._send_all(self._line)
        self._hang_up(self._line)

    def _start(self) -> socket.socket:
        line, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.setblocking(False)
        # Danger: a fork, so that what it holds of the spawner's must be closed first. The spawner has one thread.
        self._pid = os.fork()
        if self._pid == 0:
            _become(theirs, self._spared)
        theirs.close()
        self._reactor.on_readable(line.fileno(), self._heard)
        self._line, self._awaits_room = line, False
        return line

    def _hang_up(self, line: socket.socket) -> None:
        self._reactor.forget(line.fileno())
        line.close()
        self._line = None
        os.waitpid(self._pid, 0)

    def _heard(self) -> None:
        """There is room for more, or it has ended: it says nothing else."""
        if self._line is not None and _is_gone(self._line):
            self._hang_up(self._line)
        if self._waiting:
            self._hand_over()

    def _hand_over(self) -> None:
        for _ in range(_ATTEMPTS):
            line = self._line or self._start()
            try:
                self._send_all(line)
            except BlockingIOError:
                self._await_room(line, wanted=True)
                return
            except OSError:
                self._hang_up(line)
            else:
                self._await_room(line, wanted=False)
                return

    def _send_all(self, line: socket.socket) -> None:
        while self._waiting:
            directory = self._waiting[0]
            socket.send_fds(line, [b"w"], [directory])
            # Never the last to let go, which would wait for the disk: what travels in the message is that.
            os.close(directory)
            self._waiting.popleft()

    def _await_room(self, line: socket.socket, *, wanted: bool) -> None:
        if wanted is not self._awaits_room:
            self._awaits_room = wanted
            self._reactor.watch_writing(line.fileno(), self._heard, wanted=wanted)


def _is_gone(line: socket.socket) -> bool:
    try:
        return line.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def _become(line: socket.socket, spared: AbstractSet[int]) -> Never:
    """Be the janitor until the spawner hangs up and all is wiped."""
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        kernel.close_all_but((0, 1, 2, line.fileno()))
        kernel.name_process(b"lambent-janitor")
        os.nice(_NICENESS)
        while (directory := _next(line)) is not None:
            with suppress(OSError):  # its disk is broken or full: it goes with its file system
                if os.fstat(directory).st_dev not in spared:
                    empty(directory)
            os.close(directory)
    finally:
        # Also after an error: it must not unwind into the spawner's loop, of which this is a copy.
        os._exit(0)


def _next(line: socket.socket) -> int | None:
    # Not socket.recv_fds: it drops its flags (CPython 3.11).
    room = socket.CMSG_SPACE(array("i").itemsize)
    message, ancillary, _, _ = line.recvmsg(1, room, socket.MSG_CMSG_CLOEXEC)
    if not message:
        return None
    descriptors = array("i")
    for _, _, data in ancillary:
        descriptors.frombytes(data)
    return descriptors[0] if descriptors else None


def empty(directory: int) -> None:
    """Remove everything in `directory`, however deep it goes: what lies deeper is lifted, so that no path grows.

    For a place that nobody changes meanwhile. Raises OSError.
    """
    names = (f"lifted-{os.urandom(8).hex()}-{n}" for n in count())
    lifted = True
    while lifted:
        lifted = False
        for name, is_directory in _children(directory):
            if not is_directory:
                os.unlink(name, dir_fd=directory)
                continue
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=directory)
            try:
                for inner, is_inner_directory in _children(below):
                    if is_inner_directory:
                        os.rename(inner, next(names), src_dir_fd=below, dst_dir_fd=directory)
                        lifted = True
                    else:
                        os.unlink(inner, dir_fd=below)
            finally:
                os.close(below)
            os.rmdir(name, dir_fd=directory)


def _children(directory: int) -> list[tuple[str, bool]]:
    with os.scandir(directory) as entries:
        return [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
