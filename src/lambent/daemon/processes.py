"""Processes as the supervisor handles them: start, signal, wait for, and hear of signals; nothing else calls waitpid."""

import contextlib
import logging
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from lambent.daemon.heard import SignalListener
from lambent.daemon.privileges import adopt_orphans, die_with_parent

STOP_SIGNALS: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})
_NOT_BECOME: Final = 77
_UMASK: Final = 0o022
"""What programs make is passed through by other uids, those of sandboxes; what is private is made so by name."""
_log = logging.getLogger(__name__)
_HEARD: Final = STOP_SIGNALS | {signal.SIGCHLD}


Become = Callable[[], None]
"""Makes of a new process, still a copy of its parent, whom a program is to run as. May raise OSError."""


def remain() -> None:
    """Run as whoever starts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One of the daemon's programs."""

    name: str
    argv: Sequence[str]
    descriptors: Sequence[int] = ()
    """Kept open in it, under the same numbers."""
    grace_seconds: float = 3.0
    """How long it may take to end after SIGTERM."""
    become: Become = remain
    niceness: int = 0
    """Below 0 it goes before others where the processor is scarce, if this user may say so."""


class Processes(Protocol):
    """The kernel, as far as supervising goes."""

    def start(self, program: Program) -> int:
        """Start it and answer its pid. Raises OSError."""
        ...

    def send(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a process that was started and not yet reaped."""
        ...

    def reap(self) -> Sequence[tuple[int, int]]:
        """Pid and exit code (negative: the signal) of each child that has ended, adopted ones too."""
        ...

    def childless(self) -> bool:
        """Whether no child is left, running or ended."""
        ...

    def kill_children(self) -> None:
        """SIGKILL every child there is, adopted ones too."""
        ...

    def wait(self, seconds: float) -> signal.Signals | None:
        """Sleep until a signal comes and answer it, or None after `seconds`."""
        ...


class LinuxProcesses:
    """The real ones. Made once, in the main thread of a process without others."""

    def __init__(self) -> None:
        """Adopt orphans, and take SIGCHLD and the stop signals by waiting for them only."""
        adopt_orphans()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # an inherited SIG_IGN would reap for us
        self._heard = SignalListener(_HEARD)
        self._started: dict[int, subprocess.Popen[bytes]] = {}

    def start(self, program: Program) -> int:
        """Start it in a session of its own, so that Ctrl-C reaches the supervisor alone."""
        parent = os.getpid()

        def before_exec() -> None:
            # Danger: runs between fork and exec; only what needs no lock is safe here: the supervisor has one thread.
            os.umask(_UMASK)
            with contextlib.suppress(PermissionError):
                os.nice(program.niceness)  # before root's powers are gone
            _become(program)
            die_with_parent(parent)
            signal.pthread_sigmask(signal.SIG_SETMASK, ())
            signal.signal(signal.SIGINT, signal.SIG_DFL)

        process = subprocess.Popen(
            program.argv,
            stdin=subprocess.DEVNULL,
            pass_fds=program.descriptors,
            start_new_session=True,
            preexec_fn=before_exec,  # noqa: PLW1509  the supervisor has one thread
        )
        self._started[process.pid] = process
        return process.pid

    def send(self, pid: int, number: signal.Signals) -> None:
        """Not yet reaped, so the pid can't be another's."""
        os.kill(pid, number)

    def reap(self) -> Sequence[tuple[int, int]]:
        """Never blocks."""
        ended: list[tuple[int, int]] = []
        while not self.childless():
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            code = os.waitstatus_to_exitcode(status)
            process = self._started.pop(pid, None)
            if process is not None:
                process.returncode = code  # so that Popen does not wait for it again
            ended.append((pid, code))
        return ended

    def childless(self) -> bool:
        """Looks without reaping."""
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return True
        return False

    def kill_children(self) -> None:
        """Their own children are adopted as they die, so it takes a call a generation."""
        own = os.getpid()
        for pid in Path(f"/proc/{own}/task/{own}/children").read_text().split():
            os.kill(int(pid), signal.SIGKILL)  # ours to reap, so the pid can't be another's

    def wait(self, seconds: float) -> signal.Signals | None:
        """Signals that came before are pending, so none is missed."""
        return self._heard.wait(seconds)


def _become(program: Program) -> None:
    """In the new process: end it where it can't be what it must be, which the supervisor then sees as a crash."""
    try:
        program.become()
    except OSError as error:
        _log.error("%s cannot become who it is to run as: %s", program.name, error)
        os._exit(_NOT_BECOME)


def ending(code: int) -> str:
    """An exit code in words."""
    if code >= 0:
        return f"ended with status {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:  # a real-time signal has no name
        return f"was ended by signal {-code}"
