"""What runs inside a new sandbox: it sets the sandbox up from within, starts the runtime, then is its process 1.

Everything used here is imported before the root changes: afterwards there is no lambent and no Python library to import from.
"""

import fcntl
import ipaddress
import os
import select
import signal
import socket
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Never, Protocol

from lambent.model.limits import MAX_PROCESSES
from lambent.sandbox.spawner import kernel, limits, mounts, network, starter

GO: Final = b"go"
"""Followed by the address of the sandbox's end of its cable, where one was laid."""
LISTENING: Final = b"listening"
STARTED: Final = b"started"
FAILED: Final = b"failed "
REPORT: Final = struct.Struct("<iQ")
"""How a runtime ended: its wait status, and the largest resident set of any of its processes in KiB."""

_FAILURE: Final = 127
_LONGEST_GO: Final = 16
_ABOVE_ALL: Final = 64
_FIRST_OF_CHANNEL: Final = 3
_ARGUMENTS_FIELD: Final = (
    48  # arg_start, arg_end, env_start, env_end of /proc/PID/stat, counted from 1
)
_RUNTIME_OOM_SCORE: Final = 600
"""Above the 500 that the spawner gives process 1: where memory runs out, the runtime goes before its init."""


class Plan(Protocol):
    """What the first process of any sandbox is given; the descriptors are its copies."""

    @property
    def spawner(self) -> socket.socket:
        """Takes GO, then tells the spawner how the sandbox comes along."""
        ...

    @property
    def frozen(self) -> int | None:
        """Where the runtime writes itself into the group that is frozen."""
        ...

    @property
    def argv(self) -> Sequence[str]:
        """The runtime's command line."""
        ...

    @property
    def late(self) -> Sequence[str]:
        """Instead of `argv`, programs that may be there once the code is bound."""
        ...

    @property
    def task(self) -> str:
        """Where the code is bound."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """The interpreter's environment."""
        ...

    @property
    def output(self) -> int:
        """The runtime's stdout and stderr."""
        ...

    @property
    def requests(self) -> int:
        """The runtime's descriptor 3."""
        ...

    @property
    def responses(self) -> int:
        """The runtime's descriptor 4."""
        ...

    @property
    def report(self) -> int:
        """Where it is told how the runtime ended."""
        ...

    def descriptors(self) -> set[int]:
        """Return every descriptor that is used inside before the runtime starts."""
        ...

    def set_up(self) -> None:
        """Wait for GO, and make the sandbox what it is to be."""
        ...

    def drop(self, uid: int) -> None:
        """Give everything up but what a process of `uid` has inside."""
        ...

    def be_init(self) -> None:
        """Become what is process 1 to the runtime: nobody's to read, nothing of the spawner's left in it."""
        ...

    def end_the_rest(self) -> None:
        """End whatever of the sandbox would not end with its first process."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """The first process of a sandbox with walls: it is process 1 of its own pid namespace."""

    spawner: socket.socket
    groups: Sequence[int]
    frozen: int | None
    """The group of the runtime and all that it starts."""
    root: str
    desk: str
    volume: int
    argv: Sequence[str]
    late: Sequence[str]
    """Instead of `argv`, programs that may be there once the code is bound."""
    environ: Mapping[str, str]
    output: int
    requests: int
    responses: int
    report: int
    last_capability: int
    filter_program: bytes
    one_user: bool
    """Whether its user namespace has one user only, who is everybody inside."""
    task: str = "/var/task"

    def descriptors(self) -> set[int]:
        """Return every descriptor that is used inside before the runtime starts."""
        own = {self.volume, self.output, self.requests, self.responses, self.report}
        groups = [*self.groups, *([self.frozen] if self.frozen is not None else [])]
        return {*own, *groups, self.spawner.fileno()}

    def set_up(self) -> None:
        """Enter its root and its network."""
        _set_up(self)

    def drop(self, uid: int) -> None:
        """Give everything up but what a process of `uid` has inside."""
        limits.drop(
            limits.RUNTIME_UID if self.one_user else uid,
            last_capability=self.last_capability,
            filter_program=self.filter_program,
            keep_groups=self.one_user,
        )

    def be_init(self) -> None:
        """Forget the spawner, and be another user than the runtime."""
        _scrub()
        self.drop(limits.INIT_UID)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 0)

    def end_the_rest(self) -> None:
        """The kernel ends everything in a pid namespace with its process 1."""


def become(plan: Plan) -> Never:
    """Set the sandbox up and be its init; never returns. What fails is told to the spawner.

    Danger: this runs in a fork of the spawner, with all its descriptors: they are closed first.
    """
    try:
        kernel.close_all_but(plan.descriptors())
        plan.set_up()
        runtime = os.fork()
        if runtime == 0:
            _start_runtime(plan)
        _show_status(plan, runtime)
        _be_init(plan, runtime)
    finally:
        # Only an error comes here; it must not unwind into the spawner's loop, of which this is a copy.
        reason = f"{sys.exc_info()[1]}".encode()[:1000]
        plan.spawner.send(FAILED + reason)
        os._exit(_FAILURE)


def _set_up(plan: Inside) -> None:
    # The first attach after a pause waits about 10 ms for the kernel: here it stalls this sandbox alone. Root opened the files.
    for group in plan.groups:
        os.write(group, b"0")
    said = plan.spawner.recv(_LONGEST_GO)
    if not said.startswith(GO):
        os._exit(_FAILURE)
    given = said.removeprefix(GO)
    address = ipaddress.IPv4Address(given) if given else None
    if not plan.one_user:
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
    kernel.unshare(kernel.CLONE_NEWCGROUP)  # after the attach: its root is the group one is in
    mounts.enter(plan.root, plan.desk, volume=plan.volume)
    listeners = network.set_up(address)
    socket.send_fds(plan.spawner, [LISTENING], [listener.fileno() for listener in listeners])
    for listener in listeners:
        listener.close()
    # The init is counted with the runtime where both are the same user.
    limits.set_resources(processes=MAX_PROCESSES + plan.one_user)
    limits.reset_signals()
    os.umask(0o022)


def _show_status(plan: Plan, runtime: int) -> None:
    """Pass out the file in which the kernel says how large the runtime's first process is and was."""
    status = os.open(f"/proc/{runtime}/status", os.O_RDONLY)
    socket.send_fds(plan.spawner, [STARTED], [status])
    os.close(status)


def _start_runtime(plan: Plan) -> Never:
    os.setsid()
    # A runtime that is woken does not push aside who woke it: the edge hands over the next events first.
    os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    if plan.frozen is not None:
        os.write(plan.frozen, b"0")
        kernel.unshare(kernel.CLONE_NEWCGROUP)  # to call that group its root
    # The change of user made this process undumpable, and its files in /proc the host root's.
    kernel.prctl(kernel.PR_SET_DUMPABLE, 1)
    _write("/proc/self/oom_score_adj", str(_RUNTIME_OOM_SCORE))
    nothing = os.open("/dev/null", os.O_RDONLY)
    wanted = (nothing, plan.output, plan.output, plan.requests, plan.responses)
    # Out of the way first: a source may have a number that another is about to take.
    high = [fcntl.fcntl(d, fcntl.F_DUPFD_CLOEXEC, _ABOVE_ALL) for d in wanted]
    spawner = socket.socket(fileno=fcntl.fcntl(plan.spawner, fcntl.F_DUPFD_CLOEXEC, _ABOVE_ALL))
    for number, descriptor in enumerate(high):
        os.dup2(descriptor, number, inheritable=number < _FIRST_OF_CHANNEL or not plan.late)
    try:
        plan.drop(limits.RUNTIME_UID)
        if plan.late:
            # Closes the spawner's socket too: it has been told of all that could fail here.
            kernel.close_all_but(range(len(wanted)))
            starter.execute_when_told(plan.late, plan.task)
        os.execve(plan.argv[0], list(plan.argv), plan.environ)
    finally:
        if not plan.late:
            spawner.send(FAILED + f"{plan.argv[0]}: {sys.exc_info()[1]}".encode()[:1000])
        os._exit(_FAILURE)


def _be_init(plan: Plan, runtime: int) -> Never:
    """Reap until the runtime has ended, report how, and end, which ends everything else inside.

    Ends too once nobody can read the report any more: while the spawner is dead the holder's death must not leave this behind.
    """
    report = fcntl.fcntl(plan.report, fcntl.F_DUPFD_CLOEXEC, _ABOVE_ALL)
    woken, waker = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, _ABOVE_ALL) for end in os.pipe())
    kernel.close_all_but((report, woken, waker))
    os.set_blocking(waker, False)
    os.set_blocking(woken, False)
    signal.signal(signal.SIGCHLD, _ignore)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    plan.be_init()
    poller = select.poll()
    poller.register(woken, select.POLLIN)
    poller.register(report, 0)
    while True:
        _reap(plan, runtime, report)
        for descriptor, _ in poller.poll():
            if descriptor == report:
                plan.end_the_rest()
                os._exit(0)
            os.read(woken, 512)


def _ignore(number: int, frame: object) -> None:
    """Do nothing: the wake-up descriptor tells of the signal."""


def _reap(plan: Plan, runtime: int, report: int) -> None:
    while True:
        pid, status, usage = os.wait4(-1, os.WNOHANG)
        if pid == 0:
            return
        if pid == runtime:
            plan.end_the_rest()
            os.write(report, REPORT.pack(status, usage.ru_maxrss))
            os._exit(0)


def _scrub() -> None:
    """Overwrite the arguments and the environment that this process has from the spawner: both can be read in /proc/1."""
    kernel.name_process(b"init")
    fields = _read("/proc/self/stat").rsplit(b")", 1)[1].split()
    # The fields after the command's name begin with the third.
    arguments, end, environ, environ_end = map(int, fields[_ARGUMENTS_FIELD - 3 :][:4])
    kernel.overwrite(arguments, end, b"init")
    kernel.overwrite(environ, environ_end, b"")


def _read(path: str) -> bytes:
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, 4096)
    finally:
        os.close(file)


def _write(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
