"""The system call filter, swept: every number and every way to say one, with the filter and without."""

import ctypes
import platform
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from lambent.sandbox.spawner import seccomp
from tests.sandbox.calls import REFUSED_CALLS, REFUSED_CALLS_EVERYWHERE
from tests.sandbox.probe import tell
from tests.sandbox.spawned import NEEDS_ROOT, WALLED, DirectBench, bench_of

CONDITIONAL: Final = ("clone", "clone3", "ioctl", "personality", "socket", "socketpair")
"""Looked at by argument, in test_wall.py."""
OF_THE_HOST_S_ROOT: Final = frozenset(
    {"acct", "clock_settime", "fanotify_init", "mbind", "settimeofday", "swapon", "syslog"}
    | {"userfaultfd"}
)
"""What the kernel itself refuses to whoever is not the host's root, whatever the filter says."""
LAST_NUMBER: Final = 1_200
OF_THE_KERNEL_S_OWN: Final = frozenset({335, 336} if platform.machine() == "x86_64" else ())
"""uretprobe and uprobe: newer kernels keep them from any filter, and end whoever comes without their trampoline (SIGILL)."""
OLD_CALLS: Final = {
    "getpid": 20,
    "mount": 21,
    "ptrace": 26,
    "socketcall": 102,
    "keyctl": 288,
    "unshare": 310,
    "bpf": 357,
    "io_uring_setup": 425,
}
"""By their numbers on 32-bit x86, which mean something else to the filter's list."""
OLD_WAY: Final = f"""
import mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(bytes.fromhex('5389f889f389d131d2cd805bc3'))  # ebx, ecx = the arguments; int 0x80
old = ctypes.CFUNCTYPE(ctypes.c_int, *[ctypes.c_int] * 3)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
for name, number in {OLD_CALLS!r}.items():
    pid = os.fork()
    if pid == 0:
        old(number, 0, 0)
        end(0)
    said[name] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
"""
SURFACES: Final = {
    "packet": (17, 3, 0),
    "netlink netfilter": (16, 3, 12),
    "netlink generic": (16, 3, 16),
    "raw": (2, 3, 1),
}
SWEEP_SOCKETS: Final = """
def make(*kind):
    socket.socket(*kind).close()
for family in range(48):
    for kind in (1, 2, 3, 5):
        tried(f'{family} {kind}', lambda: make(family, kind, 0))
for protocol in range(1, 32):
    tried(f'netlink {protocol}', lambda: make(16, 3, protocol))
"""
ORDERS: Final = {
    "freeze": 0xC0045877,
    "trim": 0xC0185879,
    "shut down": 0x8004587D,
    "resize": 0x40086610,
    "add a key": 0xC0506617,
    "take the key of all users": 0xC0406619,
    "make immutable": 0x40086602,
}
VOLUME: Final = f"""
import fcntl
def order(command, given):
    room = ctypes.create_string_buffer(given, 128)
    place = os.open('/tmp', os.O_RDONLY)
    try: return call({{"x86_64": 16, "aarch64": 29}}[os.uname().machine], place, command, room) and bytes(room)
    finally: os.close(place)
open('/tmp/before', 'w').write('kept')
for name, command in {ORDERS!r}.items():
    tried(name, lambda: order(command, bytes([16]) + bytes(63)))
def take_own_key():
    room = bytearray((24).to_bytes(8, 'little') + bytes(24))
    place = os.open('/tmp', os.O_RDONLY)
    fcntl.ioctl(place, 0xC0096616, room)  # which key?
    return order(0xC0406618, (2).to_bytes(8, 'little') + room[16:32])
tried('take the key', take_own_key)
said['before'] = open('/tmp/before').read()
said['after'] = open('/tmp/after', 'w').write('x')
"""


@pytest.fixture(params=WALLED)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DirectBench]:
    async with bench_of(request.param, tmp_path) as made:
        yield made


def allowed() -> set[int]:
    """The numbers that the filter lets through, or looks at by argument."""
    resolve = ctypes.CDLL("libseccomp.so.2").seccomp_syscall_resolve_name
    names = (*seccomp._UNCONDITIONAL.split(), *CONDITIONAL)
    return {resolve(name.encode()) for name in names} | set(seccomp._NEWER.values())


async def test_no_call_gets_through_that_is_not_on_the_list(bench: DirectBench) -> None:
    numbers = sorted(set(range(LAST_NUMBER)) - allowed() - OF_THE_KERNEL_S_OWN)
    other_way = {"x86_64": 0x4000_0000, "aarch64": 0x1000_0000}[platform.machine()]
    source = (
        f"for number in {numbers!r}: tried(number, lambda: call(number, 0, 0, 0, 0, 0))\n"
        f"for number in range(600): tried(number + {other_way}, lambda: call(number + {other_way}, 0, 0, 0))\n"
        f"for number in {sorted(OF_THE_KERNEL_S_OWN)!r}:\n"
        "    pid = os.fork()\n"
        "    if pid == 0: end(0 if libc.syscall(ctypes.c_long(number)) < 0 else 1)\n"
        "    said[f'own {number}'] = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])"
    )
    answers = await tell(bench, source)
    assert {answers.pop(f"own {n}") for n in OF_THE_KERNEL_S_OWN} <= {0, -signal.SIGILL}
    told = {int(number): how for number, how in answers.items()}
    considered = seccomp._NEWEST_CONSIDERED
    assert {n: how for n, how in told.items() if n <= considered and how != "EPERM"} == {}
    assert {n: how for n, how in told.items() if n > considered and how != "ENOSYS"} == {}


@pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86 has an old way in")
async def test_the_old_way_into_the_kernel_ends_who_takes_it(bench: DirectBench) -> None:
    told = await tell(bench, OLD_WAY)
    assert set(told) == set(OLD_CALLS)
    assert set(told.values()) <= {-signal.SIGSYS, -signal.SIGSEGV}  # none in this kernel: SIGSEGV


async def test_no_family_of_sockets_is_there_but_four(bench: DirectBench) -> None:
    told = await tell(bench, SWEEP_SOCKETS)
    refused = {name for name, how in told.items() if how == "EPERM"}
    open_ones = {f"{family} {kind}" for family in (1, 2, 10, 16) for kind in (1, 2, 3, 5)}
    assert set(told) - refused <= open_ones
    assert {name for name in told if name.startswith("netlink")} <= refused
    assert not any(told[raw].startswith("GOT") for raw in ("2 3", "10 3"))


async def test_the_file_system_of_its_tmp_obeys_it_in_nothing(bench: DirectBench) -> None:
    told = await tell(bench, VOLUME)
    assert (told.pop("before"), told.pop("after")) == ("kept", 1)
    assert [name for name, how in told.items() if how.startswith("GOT")] == []


class TestWithoutTheFilter:
    """The same attempts get through where the filter lets everything pass and the function is its namespace's root."""

    pytestmark = NEEDS_ROOT

    @pytest.fixture
    async def bare(self, tmp_path: Path) -> AsyncIterator[DirectBench]:
        async with bench_of("direct", tmp_path, without=("filter", "user")) as made:
            yield made

    async def test_calls_reach_the_kernel(self, bare: DirectBench) -> None:
        calls = {**REFUSED_CALLS[platform.machine()], **REFUSED_CALLS_EVERYWHERE}
        source = f"for name, number in {calls!r}.items(): tried(name, lambda: call(number, 0, 0, 0, 0, 0))"
        told = await tell(bare, source)
        stopped = {name for name, how in told.items() if how == "EPERM"}
        assert stopped <= OF_THE_HOST_S_ROOT

    @pytest.mark.skipif(platform.machine() != "x86_64", reason="only x86 has an old way in")
    async def test_the_old_way_is_open(self, bare: DirectBench) -> None:
        told = await tell(bare, OLD_WAY)
        if told["getpid"] == -signal.SIGSEGV:
            pytest.skip("this kernel has no 32-bit system calls")
        assert set(told.values()) == {0}

    async def test_surfaces_open(self, bare: DirectBench) -> None:
        source = (
            f"for name, kind in {SURFACES!r}.items():\n"
            "    tried(name, lambda: socket.socket(*kind).close())\n"
            "tried('namespace', lambda: call({'x86_64': 272, 'aarch64': 97}[os.uname().machine], 0x20000))"
        )
        told = await tell(bare, source)
        assert told.pop("namespace") == "GOT 0"
        assert told == dict.fromkeys(SURFACES, "GOT None")
