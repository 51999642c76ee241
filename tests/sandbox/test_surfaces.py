"""What the kernel shows of the host and of others: /proc and /sys, process 1, signals, memory and messages between processes."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from lambent.sandbox.port import Sandbox
from tests.sandbox.conformance import WAIT_FOR_END, read
from tests.sandbox.probe import TOOLS, tell
from tests.sandbox.spawned import NEEDS_ROOT, WALLED, DirectBench, bench_of
from tests.sandbox.unguarded import PLANTED

MASKED: Final = (
    *("acpi", "bus", "cmdline", "diskstats", "fs", "interrupts", "kcore", "keys", "mdstat"),
    *("partitions", "pressure", "scsi", "swaps", "timer_list"),
)
SIZES: Final = f"""
def size(path):
    if os.path.isdir(path): return sum(len(files) for _, _, files in os.walk(path))
    with open(path, 'rb') as file: return len(file.read(4096))
for name in {MASKED!r}:
    if os.path.exists('/proc/' + name): tried(name, lambda: size('/proc/' + name))
"""
WRITABLE: Final = """
said['writable'] = found = []
nothing = os.stat('/dev/null').st_rdev
for folder, names, files in os.walk('/proc'):
    names[:] = [n for n in names if not n.isdigit() and n not in ('self', 'thread-self')]
    for path in (os.path.join(folder, name) for name in files):
        try: os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError: continue
        if os.stat(path).st_rdev != nothing: found.append(path)
"""
ORDERS: Final = {
    "/proc/sysrq-trigger": "h",
    "/proc/sys/kernel/core_pattern": "|/tmp/x",
    "/proc/sys/kernel/modprobe": "/tmp/x",
    "/proc/sys/kernel/ns_last_pid": "1",
    "/proc/sys/kernel/hostname": "x",
    "/proc/sys/vm/drop_caches": "1",
    "/proc/sys/net/ipv4/ip_forward": "1",
    "/proc/sys/user/max_user_namespaces": "0",
    "/proc/self/uid_map": "0 0 1",
    "/proc/self/setgroups": "allow",
    "/proc/self/oom_score_adj": "-500",
    "/proc/1/mem": "x",
    "/proc/1/uid_map": "0 0 1",
    "/proc/1/attr/current": "x",
    "/proc/1/timerslack_ns": "1",
    "/proc/1/comm": "x",
    "/proc/1/ns/net": "x",
}
WRITE: Final = f"""
def write(path, text):
    file = os.open(path, os.O_WRONLY)
    try: os.write(file, text.encode())
    finally: os.close(file)
for path, text in {ORDERS!r}.items(): tried(path, lambda: write(path, text))
"""
FIRST_PROCESS: Final = """
tried('secret', lambda: b'HOST_SECRET' in open('/proc/1/environ', 'rb').read())
tried('memory', lambda: open('/proc/1/mem', 'rb').close())
tried('descriptors', lambda: len(os.listdir('/proc/1/fd')) > 0)
"""
OTHERS: Final = """
import fcntl, resource, signal
def to(pid):
    tried('signal', lambda: os.kill(pid, 9))
    tried('group', lambda: os.killpg(pid, 9))
    tried('handle', lambda: os.pidfd_open(pid))
    tried('limits', lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (8, 8)))
    tried('cores', lambda: os.sched_setaffinity(pid, {0}))
    tried('priority', lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    tried('queue', lambda: call({'x86_64': 129, 'aarch64': 138}[os.uname().machine], pid, 9, ctypes.create_string_buffer(bytes(8) + b'\\xff' * 4, 128)))
    tried('owner', lambda: fcntl.fcntl(REQUESTS, fcntl.F_SETOWN, pid))
"""
STEAL: Final = """
shared = libc.shmget(4711, 4096, 0)
said['memory'] = 'GOT' if shared >= 0 else errno.errorcode[ctypes.get_errno()]
said['semaphore'] = 'GOT' if libc.semget(4712, 1, 0) >= 0 else errno.errorcode[ctypes.get_errno()]
said['queue'] = 'GOT' if libc.msgget(4713, 0) >= 0 else errno.errorcode[ctypes.get_errno()]
tried('socket', lambda: socket.socket(socket.AF_UNIX).connect('\\0lambent-neighbour'))
tried('file', lambda: open('/tmp/secret').read())
"""
LEAVE: Final = (
    TOOLS
    + """
open('/tmp/secret', 'w').write('S3CRET')
served = socket.socket(socket.AF_UNIX)
served.bind('\\0lambent-neighbour')
served.listen()
ids = [libc.shmget(4711, 4096, 0o1666), libc.semget(4712, 1, 0o1666), libc.msgget(4713, 0o1666)]
libc.mq_open.restype = ctypes.c_int
ids.append(libc.mq_open(b'/lambent', 0o102, 0o666, None))
"""
)


@pytest.fixture(params=WALLED)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DirectBench]:
    async with bench_of(request.param, tmp_path) as made:
        yield made


async def standing(bench: DirectBench, more: str = "") -> Sandbox:
    """A sandbox that has left something of every kind, and stands."""
    victim = await bench.sandboxes.make(
        bench.plan(f"{LEAVE}{more}\nos.write(OUTPUT, repr(min(ids) >= 0).encode())\n{WAIT_FOR_END}")
    )
    assert await read(victim.output) == b"True"
    return victim


async def test_no_file_of_the_kernel_s_can_be_written(bench: DirectBench) -> None:
    told = await tell(bench, WRITABLE + WRITE + "tried('/sys', lambda: os.listdir('/sys'))")
    assert told.pop("writable") == []
    assert told.pop("/sys") == "ENOENT"
    assert set(told) == set(ORDERS)
    assert set(told.values()) <= {"EACCES", "EPERM", "EROFS", "ENOENT", "EINVAL"}


async def test_what_is_masked_is_empty(bench: DirectBench) -> None:
    told = await tell(bench, SIZES)
    assert {"cmdline", "fs", "pressure", "swaps"} <= set(told)
    assert set(told.values()) == {"GOT 0"}


async def test_process_1_gives_nothing_away(bench: DirectBench) -> None:
    told = await tell(bench, FIRST_PROCESS)
    told.pop("descriptors", None)  # their numbers may be seen where the user is the same
    assert told == {"secret": "EACCES", "memory": "EACCES"}


async def test_a_neighbour_s_processes_cannot_be_touched(bench: DirectBench) -> None:
    victim = await standing(bench)
    ours = os.getpid()  # of the host, as the neighbour's are
    told = await tell(bench, f"{OTHERS}\nto({ours if ours > 100 else 2**15 - 2})")
    os.write(victim.requests, b"x")
    await victim.kill()
    assert told == dict.fromkeys(told, "ESRCH")


async def test_its_own_children_it_may_do_all_that_to(bench: DirectBench) -> None:
    child = "child = os.fork()\nif child == 0:\n    os.setsid()\n    signal.pause()\n"
    source = f"import signal, time\n{OTHERS}\n{child}time.sleep(0.05)\nto(child)"
    told = await tell(bench, source)
    assert {how[:3] for how in told.values()} == {"GOT"}


async def test_a_neighbour_finds_nothing_and_nothing_is_left(bench: DirectBench) -> None:
    victim = await standing(bench)
    expected = {
        **dict.fromkeys(("memory", "semaphore", "queue", "file"), "ENOENT"),
        "socket": "ECONNREFUSED",
    }
    assert await tell(bench, STEAL) == expected
    await victim.kill()
    assert await tell(bench, STEAL) == expected
    for kind in ("shm", "sem", "msg"):  # nor on the host, which counts keys in decimal
        keys = [line.split()[0] for line in Path(f"/proc/sysvipc/{kind}").read_text().splitlines()]
        assert {"4711", "4712", "4713"} & set(keys) == set()


class TestWithoutTheirGuards:
    """The same attempts get through where the guard is switched off."""

    pytestmark = NEEDS_ROOT

    async def test_what_is_not_masked_is_read(self, tmp_path: Path) -> None:
        async with bench_of("direct", tmp_path, without=("masks",)) as bare:
            told = await tell(bare, SIZES + WRITABLE)
        assert "/proc/pressure/cpu" in told.pop("writable")
        empty = {name for name, how in told.items() if how == "GOT 0"}
        assert {"cmdline", "diskstats", "fs", "pressure", "swaps"} & empty == set()

    async def test_process_1_tells_the_spawner_s_secret(self, tmp_path: Path) -> None:
        async with bench_of("direct", tmp_path, without=("first process",)) as bare:
            told = await tell(bare, FIRST_PROCESS)
        assert told == {"secret": "GOT True", "memory": "GOT None", "descriptors": "GOT True"}

    @pytest.mark.parametrize(
        ("without", "found"), [(("planted",), "EBADF"), (("planted", "descriptors"), "GOT 1")]
    )
    async def test_a_descriptor_of_the_spawner_s_is_inherited(
        self, tmp_path: Path, without: tuple[str, ...], found: str
    ) -> None:
        async with bench_of("direct", tmp_path, without=without) as bare:
            told = await tell(bare, f"tried('it', lambda: os.fstat({PLANTED}) and 1)")
        assert told == {"it": found}

    async def test_messages_and_memory_are_shared(self, tmp_path: Path) -> None:
        remove = "os.read(REQUESTS, 1)\nlibc.shmctl(ids[0], 0, None); libc.semctl(ids[1], 0, 0); libc.msgctl(ids[2], 0, None)\nos.write(OUTPUT, b'gone')"
        async with bench_of("direct", tmp_path, without=("ipc", "filter")) as bare:
            victim = await bare.sandboxes.make(
                bare.plan(f"{LEAVE}\nos.write(OUTPUT, b'ready')\n{remove}\n{WAIT_FOR_END}")
            )
            assert await read(victim.output) == b"ready"
            told = await tell(bare, STEAL)
            os.write(victim.requests, b"x")
            assert await read(victim.output) == b"gone"
            await victim.kill()
        assert {told[name] for name in ("memory", "semaphore", "queue")} == {"GOT"}
