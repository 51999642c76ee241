"""A spawner of the tests' own, what it may leave behind, and sandboxes that run Python source."""

import contextlib
import ctypes
import itertools
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

import lambent
from lambent.sandbox.client import SpawnerClient
from lambent.sandbox.drivers import DRIVERS
from lambent.sandbox.network.router import Router
from lambent.sandbox.port import RootPlan, Sandboxes, SandboxPlan
from lambent.sandbox.spawner.sweep import sweep
from tests.sandbox.network.lan import Lan
from tests.sandbox.patience import PATIENCE_SECONDS, TEST_SECONDS

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LIBC: Final = ctypes.CDLL(None)
_SOURCES: Final = Path(lambent.__file__).parents[1]
_CGROUPS: Final = Path("/sys/fs/cgroup")
UNIFIED: Final = next((p for p in [_CGROUPS / "unified"] if p.exists()), _CGROUPS)
"""cgroup2, beside version 1 or alone."""
USRPYTHON: Final = "/usr/bin/python3"
PYENV: Final = Path("/root/.pyenv/versions/3.12.1")
NEEDS_ROOT: Final = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="sandboxes are made by root"),
    pytest.mark.skipif(not os.access(PYENV, os.X_OK), reason=f"{PYENV} is not there"),
    pytest.mark.timeout(TEST_SECONDS),
]
_NOBODY: Final = 65_534
_ENDING_SECONDS: Final = PATIENCE_SECONDS
ROOTLESS_USER: Final = _NOBODY if os.geteuid() == 0 else None
"""Whom the tests have sandboxes made by that are not made by root; None: this user."""


def _why_not_rootless() -> str:
    """Why an ordinary user can have no sandboxes here, as far as that is quickly seen; nothing when it can."""
    python = sys.executable if ROOTLESS_USER is None else USRPYTHON
    is_new = "import sys; sys.exit(sys.version_info < (3, 11))"
    bwrap = ("bwrap", "--unshare-user", "--ro-bind", "/", "/", "true")
    for command, failure in (
        ((python, "-c", is_new), f"{python} is too old"),
        (bwrap, "bwrap makes no user namespace"),
    ):
        try:
            run = subprocess.run(command, user=ROOTLESS_USER, capture_output=True, check=False)
        except OSError as error:
            return str(error)
        if run.returncode:
            return f"{failure}: {run.stderr.decode()}"
    return ""


_ROOTLESS_LACK: Final = _why_not_rootless()
NEEDS_BWRAP: Final = [
    pytest.mark.skipif(bool(_ROOTLESS_LACK), reason=_ROOTLESS_LACK),
    pytest.mark.timeout(TEST_SECONDS),
]
WALLED: Final = (
    pytest.param("direct", marks=NEEDS_ROOT),
    pytest.param("bubblewrap", marks=NEEDS_BWRAP),
)
"""The drivers that keep what is inside from the host."""
ENCRYPTS: Final = Path("/sys/fs/ext4/features/encryption").exists()
"""Whether this kernel can."""
_count = itertools.count()

PRELUDE: Final = """
import os
REQUESTS, RESPONSES, OUTPUT, TASK, OPT = 3, 4, 1, "/var/task", "/opt"
RUNTIME_API, ENDPOINT = ("127.0.0.1", 9001), ("127.0.0.1", 4566)
if "LAMBDA_TASK_ROOT" in os.environ:
    TASK, OPT = os.environ["LAMBDA_TASK_ROOT"], os.environ["OPT"]
    RUNTIME_API, ENDPOINT = (
        (address.split(":")[0], int(address.split(":")[1]))
        for address in (os.environ["RUNTIME_API"], os.environ["ENDPOINT"])
    )
end = os._exit
def end_by_signal(number):
    os.kill(os.getpid(), number)
"""


_TOLD: Final = {
    "LAMBDA_TASK_ROOT": "/var/task",
    "OPT": "/opt",
    "RUNTIME_API": "127.0.0.1:9001",
    "ENDPOINT": "127.0.0.1:4566",
}


@dataclass(kw_only=True)
class Instance:
    """One instance: its directories and its spawner."""

    name: str
    at: Path
    first_uid: int
    asker_uid: int | None = None
    isolation: str = "direct"
    user: int | None = None
    """Whom the spawner runs as; None: this user."""
    shown: tuple[Path, ...] = ()
    without: tuple[str, ...] = ()
    """Guards that are switched off (tests/sandbox/unguarded.py)."""
    lan: Lan | None = None
    """Where its host is another than the tests'."""
    router: Router | None = None
    """Its sandboxes' network; they have none without."""
    process: subprocess.Popen[bytes] | None = None
    runtime: Path = field(init=False)

    def __post_init__(self) -> None:
        self.runtime = self.at / "runtime"
        for directory in (self.run, self.spool, self.runtime):
            directory.mkdir(parents=True)
            if self.user is not None:
                os.chown(directory, self.user, self.user)

    @property
    def run(self) -> Path:
        return self.at / "run"

    @property
    def spool(self) -> Path:
        return self.at / "spool"

    @property
    def socket(self) -> Path:
        return self.run / "spawner.sock"

    def start(self) -> None:
        """Start a spawner; a client waits for its socket by itself."""
        with self.lan.hosts() if self.lan is not None else contextlib.nullcontext():
            self._start(() if self.router is None else (self.router.namespace,))

    def _start(self, router: tuple[int, ...]) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable if self.user is None else USRPYTHON, "-P"),
                *("-m", *self._program(), "--isolation", self.isolation),
                *("--instance", self.name, "--first-uid", str(self.first_uid)),
                *(("--asker-uid", str(self.asker_uid)) if self.asker_uid is not None else ()),
                *(("--asker-gid", str(self.asker_uid)) if self.asker_uid is not None else ()),
                *(f"--shown={place}" for place in self.shown),
                *("--run-dir", str(self.run), "--spool-dir", str(self.spool)),
                *(() if ENCRYPTS else ("--plain-storage",)),
                *(part for r in router for part in ("--router", str(r))),
            ],
            pass_fds=router,
            env={
                "PYTHONPATH": f"{_SOURCES}:{_SOURCES.parent}",
                "HOST_SECRET": "of-the-spawner",
            },
            user=self.user,
            group=self.user,
            extra_groups=None if self.user is None else (),
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - it makes one system call
        )

    def _program(self) -> tuple[str, ...]:
        if self.without:
            return ("tests.sandbox.unguarded", ",".join(self.without))
        return (DRIVERS[self.isolation].program,)

    def kill(self) -> None:
        """End the spawner as a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self) -> int:
        """Stop the spawner as the supervisor does; returns its exit status."""
        assert self.process is not None
        self.process.terminate()
        status = self.process.wait()
        self.process = None
        return status

    def groups(self) -> set[Path]:
        """Return the cgroups of the instance's sandboxes."""
        return {group for own in self._own() for group in own.glob("*/")}

    def _own(self) -> list[Path]:
        """Return the groups of the instance."""
        return [*_CGROUPS.glob(f"lambent-{self.name}"), *_CGROUPS.glob(f"*/lambent-{self.name}")]

    def pids(self) -> set[int]:
        """Return the processes in them."""
        inner = [inner for group in self.groups() for inner in group.glob("*/")]
        texts = [(group / "cgroup.procs").read_text() for group in (*self.groups(), *inner)]
        return {int(pid) for text in texts for pid in text.split()}

    def runtimes(self) -> set[int]:
        """Return those of them that are frozen when their sandbox is."""
        groups = UNIFIED.glob(f"lambent-{self.name}/*/*/cgroup.procs")
        return {int(pid) for group in groups for pid in group.read_text().split()}

    def freeze(self, sandbox: str) -> None:
        """Freeze a sandbox behind the spawner's back, its first process too."""
        group = UNIFIED / f"lambent-{self.name}" / sandbox
        (group / "cgroup.freeze").write_text("1")

    def left_behind(self) -> list[str]:
        """Return what should not be there when no sandbox and no spawner is."""
        left = [str(path) for path in self._own()]
        left += [str(path) for d in (self.run, self.spool) for path in d.iterdir()]
        mounts = Path("/proc/mounts").read_text().splitlines()
        left += [line for line in mounts if str(self.at) in line]
        for file in Path("/sys/block").glob("loop*/loop/backing_file"):
            with contextlib.suppress(OSError):  # a device that is let go of meanwhile
                left += [text for text in [file.read_text()] if str(self.spool) in text]
        return left


def children() -> set[int]:
    """Return the children of this process, orphans that fell to it included."""
    files = Path("/proc/self/task").glob("*/children")
    return {int(pid) for file in files for pid in file.read_text().split()}


@contextlib.contextmanager
def subreaper() -> Iterator[None]:
    """Take in orphans, as the supervisor does, and see that none is left that still runs."""
    before = children()
    _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        _LIBC.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
    orphans = children() - before
    running = {pid: _told(pid) for pid in orphans if not _ended(pid)}
    assert not running, f"processes were left: {running}"


def _ended(pid: int) -> bool:
    """Reap a child; False when it runs on.

    One that was killed is in no group any more and takes a while all the same: its mounts and its memory end with it.
    """
    pidfd = os.pidfd_open(pid)
    try:
        if not select.select([pidfd], [], [], _ENDING_SECONDS)[0]:
            return False
    finally:
        os.close(pidfd)
    os.waitpid(pid, 0)
    return True


def _told(pid: int) -> str:
    with contextlib.suppress(OSError):  # it has ended after all
        return Path(f"/proc/{pid}/status").read_text()
    return ""


@contextlib.contextmanager
def instance(
    at: Path,
    *,
    isolation: str = "direct",
    user: int | None = None,
    lan: Lan | None = None,
    without: tuple[str, ...] = (),
) -> Iterator[Instance]:
    """Have an instance whose spawner runs, and see that it leaves nothing; with `lan` it has a network there."""
    number = next(_count)
    name = f"t{os.getpid()}-{number}"
    made = Instance(
        name=name,
        at=at,
        first_uid=100_000_000 + (number % 16) * 70_000_000,
        isolation=isolation,
        user=user,
        without=without,
        lan=lan,
        router=lan.router(name) if lan is not None else None,
    )
    made.start()
    try:
        yield made
        if made.process is not None:
            assert made.stop() == 0
        assert made.left_behind() == []
    finally:
        if made.process is not None:
            made.kill()
        sweep(made.name, registers=[made.run])


def _die_with_parent() -> None:
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


@contextlib.asynccontextmanager
async def client_of(
    made: Instance, *, patience_seconds: float = 30.0
) -> AsyncIterator[SpawnerClient]:
    """A client whose spawner stands, so that what it holds and has started can be counted."""
    async with SpawnerClient(path=made.socket, patience_seconds=patience_seconds) as client:
        await client._line.greeted
        yield client


@contextlib.asynccontextmanager
async def bench_of(
    isolation: str, folder: Path, *, without: tuple[str, ...] = ()
) -> AsyncIterator["DirectBench"]:
    """A bench of that driver below `folder`, or elsewhere, where that is closed to whom the driver works for.

    `without`: guards that are switched off.
    """
    user = ROOTLESS_USER if isolation == "bubblewrap" else None
    with contextlib.ExitStack() as held:
        if user is not None:
            folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="lambent-test-")))
            folder.chmod(0o755)
        held.enter_context(subreaper())
        made = held.enter_context(
            instance(folder / "i", isolation=isolation, user=user, without=without)
        )
        async with client_of(made) as client:
            yield DirectBench(client, made)


class DirectBench:
    """Sandboxes of a real spawner; what they may lack is in the drivers' table."""

    def __init__(self, sandboxes: Sandboxes, of: Instance) -> None:
        self.sandboxes, self.instance = sandboxes, of
        self.lacks = frozenset(DRIVERS[of.isolation].lacks)
        self.folder = of.at

    def plan(
        self, source: str, *, memory_mb: int = 256, root: RootPlan | None = None
    ) -> SandboxPlan:
        """Plan a sandbox that runs `source` on a Python that the spawner's user has, or on `root`'s /var/lang/bin/python3."""
        environ: Mapping[str, str] = {"LD_LIBRARY_PATH": "/var/lang/lib", "PATH": "/usr/bin"}
        if "places" in self.lacks:
            environ = {**environ, **_TOLD}
        return SandboxPlan(
            root=root or self._root(),
            argv=["/var/lang/bin/python3", "-I", "-c", f"{PRELUDE}\n{source}"],
            environ=environ,
            memory_mb=memory_mb,
            ephemeral_storage_mb=512,
        )

    def _root(self) -> RootPlan:
        runtime = self.instance.runtime
        if self.instance.user is None and os.access(PYENV, os.X_OK):
            return RootPlan(interpreter_dir=PYENV, runtime_dir=runtime)
        links = {"bin/python3": str(Path(USRPYTHON).resolve())}
        return RootPlan(interpreter_dir=None, runtime_dir=runtime, links=links)
