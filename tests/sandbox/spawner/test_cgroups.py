"""What every driver of control groups does, by the kernel of the host that runs this: v1 or v2, whichever it has."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lambent.model.limits import MAX_PROCESSES
from lambent.sandbox.spawner import hierarchies, sweep
from lambent.sandbox.spawner.cgroups import Cgroups
from lambent.sandbox.spawner.cgroups_v2 import V2Cgroups
from lambent.sandbox.spawner.kernel import clone3
from lambent.sandbox.spawner.lives import kill_processes
from tests.control_groups import named

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="groups are made by root"),
]
NAME = "made"
INSTANCE = f"t{os.getpid()}-groups"
_SLEEP = "import time; print('up', flush=True); time.sleep(600)"
_EAT = "import time; held = bytearray(1 << 20) * 256; time.sleep(600)"
_FORK = """
import os, sys
made = 0
try:
    while made < 2000:
        if os.fork() == 0:
            os.read(0, 1)
            os._exit(0)
        made += 1
except BlockingIOError:
    pass
print(made, flush=True)
os.read(0, 1)
"""


def eventually(held: Callable[[], bool]) -> bool:
    for _ in range(2_000):
        if held():
            return True
        time.sleep(0.005)
    return False


@pytest.fixture
def driver() -> Iterator[Cgroups]:
    found = hierarchies.find(INSTANCE)
    yield found
    assert found.names() == set()
    found.close()
    assert named(f"lambent-{INSTANCE}") == []


@pytest.fixture
def made(driver: Cgroups) -> Iterator["Made"]:
    sandbox = Made(driver)
    yield sandbox
    sandbox.end()


class Made:
    """A sandbox's groups, and programs in them."""

    def __init__(self, driver: Cgroups) -> None:
        self.driver = driver
        self._joining = driver.create(NAME, memory_mb=64)
        self._programs: list[subprocess.Popen[bytes]] = []
        self._own: list[int] = []

    def start(self, code: str, *, runtime: bool = True) -> subprocess.Popen[bytes]:
        """Start a program where the runtime is, or where the first process is."""
        inner = self._joining.frozen
        files = [*self._joining.procs, *([inner] if runtime and inner is not None else [])]
        if not files:
            self._own = self._own or [self._open_own()]
            files = self._own

        def join() -> None:
            for file in files:
                os.write(file, b"0")

        program = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", code],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            preexec_fn=join,  # noqa: PLW1509 - this process has one thread, and joining is the process's own to do
        )
        self._programs.append(program)
        return program

    def _open_own(self) -> int:
        assert self._joining.into is not None
        return os.open("cgroup.procs", os.O_WRONLY, dir_fd=self._joining.into)

    def born(self) -> int:
        """Bear a process into the groups, and return its pid."""
        if self._joining.into is None:
            pytest.skip("nothing is born into groups here")
        pid, pidfd = clone3(0, into_cgroup=self._joining.into)
        if pid == 0:
            signal.pause()
            os._exit(0)
        os.close(pidfd)
        return pid

    def end(self) -> None:
        for program in self._programs:
            with program:
                program.kill()
                self.driver.doom(NAME)
        for descriptor in (*self._joining.descriptors(), *self._own):
            os.close(descriptor)
        assert eventually(lambda: self.driver.remove(NAME))


def up(program: subprocess.Popen[bytes]) -> bool:
    assert program.stdout is not None
    return program.stdout.readline() == b"up\n"


def ticks(program: subprocess.Popen[bytes]) -> int:
    fields = Path(f"/proc/{program.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def test_what_joins_is_known_and_keeps_the_groups(made: Made) -> None:
    first, runtime = made.start(_SLEEP, runtime=False), made.start(_SLEEP)
    assert up(first)
    assert up(runtime)
    assert made.driver.processes(NAME) == {first.pid, runtime.pid}
    assert not made.driver.remove(NAME)
    assert made.driver.names() == {NAME}


def test_a_process_is_born_into_its_groups(made: Made) -> None:
    pid = made.born()
    try:
        assert pid in made.driver.processes(NAME)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def test_too_much_memory_is_counted_and_kills(made: Made) -> None:
    first, runtime = made.start(_SLEEP, runtime=False), made.start(_EAT)
    assert up(first)
    assert runtime.wait(60) == -signal.SIGKILL
    assert made.driver.usage(NAME).oom_kills > 0
    shortage = made.driver.shortage(NAME)
    if shortage is None:  # then the kernel has to end it whole
        assert first.wait(60) == -signal.SIGKILL
    else:
        os.close(shortage)


def test_memory_in_use_is_told_without_files(made: Made) -> None:
    made.driver.limit_memory(NAME, memory_mb=512)
    program = made.start("held = bytearray(b'x') * (64 << 20); print('up', flush=True); input()")
    assert up(program)
    assert 64 << 20 <= made.driver.usage(NAME).anonymous_bytes < 128 << 20


def test_a_limit_that_is_raised_gives_room(made: Made) -> None:
    made.driver.limit(NAME, memory_mb=512, cores=None)
    program = made.start("bytearray(b'x') * (256 << 20); print('up', flush=True); input()")
    assert up(program)
    assert made.driver.usage(NAME).oom_kills == 0


def test_processes_are_counted(made: Made) -> None:
    made.driver.limit_memory(NAME, memory_mb=2048)
    program = made.start(_FORK)
    assert program.stdout is not None
    assert int(program.stdout.readline()) == MAX_PROCESSES


def test_what_is_frozen_does_nothing_until_it_is_thawed(made: Made) -> None:
    first = made.start("while True: print(input(), flush=True)", runtime=False)
    runtime = made.start("import os\nwhile True: os.getpid()")
    assert eventually(lambda: ticks(runtime) > 2)
    made.driver.freeze(NAME)
    stands: list[int] = []

    def stood() -> bool:
        stands.append(ticks(runtime))
        return len(stands) > 20 and len(set(stands[-20:])) == 1

    assert eventually(stood)
    assert first.stdin is not None
    assert first.stdout is not None
    first.stdin.write(b"alive\n")
    first.stdin.flush()
    assert first.stdout.readline() == b"alive\n"
    made.driver.thaw(NAME)
    assert eventually(lambda: ticks(runtime) > stands[-1])


def test_a_quota_is_set_and_lifted(made: Made) -> None:
    made.driver.limit(NAME, memory_mb=64, cores=0.001)
    made.driver.limit(NAME, memory_mb=64, cores=0.5)
    files = [
        *named(f"lambent-{INSTANCE}", below=f"{NAME}/cpu.max"),
        *named(f"lambent-{INSTANCE}", below=f"{NAME}/cpu.cfs_quota_us"),
    ]
    assert {file.read_text().split()[0] for file in files} == {"50000"}
    made.driver.limit(NAME, memory_mb=64, cores=None)
    assert {file.read_text().split()[0] for file in files} <= {"-1", "max"}


def test_the_doomed_die_though_they_are_frozen(made: Made) -> None:
    program = made.start(_SLEEP)
    assert up(program)
    made.driver.freeze(NAME)
    kill_processes(made.driver, NAME)
    assert program.wait(60) == -signal.SIGKILL


def test_what_is_gone_used_nothing_and_is_removed(driver: Cgroups) -> None:
    assert driver.usage("gone").oom_kills == 0
    assert driver.processes("gone") == set()
    driver.doom("gone")
    assert driver.remove("gone")


def test_a_name_that_is_taken_leaves_nothing_half_made(driver: Cgroups) -> None:
    for descriptor in driver.create(NAME, memory_mb=64).descriptors():
        os.close(descriptor)
    with pytest.raises(FileExistsError):
        driver.create(NAME, memory_mb=64)
    assert driver.remove(NAME)


def test_a_sweep_leaves_nothing_of_a_dead_instance(made: Made, tmp_path: Path) -> None:
    program = made.start(_SLEEP)
    assert up(program)
    made.driver.freeze(NAME)
    assert sweep.sweep(INSTANCE, registers=[tmp_path]) == 1
    assert program.wait(60) == -signal.SIGKILL
    assert made.driver.names() == set()


def test_on_version_2_no_process_of_ours_is_where_controllers_are_enabled(driver: Cgroups) -> None:
    if not isinstance(driver, V2Cgroups):
        pytest.skip("this host has cgroup v1")
    for own in named(f"lambent-{INSTANCE}"):
        assert (own / "cgroup.procs").read_text() == ""
        assert {"memory", "cpu", "pids"} <= set(
            (own / "cgroup.subtree_control").read_text().split()
        )


_DELEGATED = """
import os, sys
from pathlib import Path
from lambent.sandbox.spawner import hierarchies
scope, instance = Path(sys.argv[1]), sys.argv[2]
(scope / "cgroup.procs").write_text("0")
driver = hierarchies.find(instance)
for descriptor in driver.create("made", memory_mb=64).descriptors():
    os.close(descriptor)
assert hierarchies.find(instance).names() == {"made"}
assert [found.names() for found in hierarchies.leftovers(instance)] == [{"made"}]
print(Path("/proc/self/cgroup").read_text().strip(), (scope / f"lambent-{instance}/made").is_dir())
assert driver.remove("made")
driver.close()
"""


def test_on_version_2_a_delegated_group_is_cleared_of_processes_and_used(driver: Cgroups) -> None:
    if not isinstance(driver, V2Cgroups):
        pytest.skip("this host has cgroup v1")
    scope = Path(f"/sys/fs/cgroup/{INSTANCE}.scope")
    scope.mkdir()
    try:
        os.setxattr(scope, "trusted.delegate", b"1")
        said = subprocess.check_output(
            [sys.executable, "-P", "-c", _DELEGATED, str(scope), f"{INSTANCE}-2"],
            env={"PYTHONPATH": str(Path(hierarchies.__file__).parents[3])},
            text=True,
        )
        assert said == f"0::/{scope.name}/lambent.programs True\n"
        assert not (scope / f"lambent-{INSTANCE}-2").exists()
    finally:
        (scope / "lambent.programs").rmdir()
        scope.rmdir()
