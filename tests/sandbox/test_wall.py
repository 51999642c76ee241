"""Hostile Python in a direct sandbox: what it tries fails inside, for the reason that it should fail for."""

import errno
import os
import platform
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from tests.sandbox.calls import REFUSED_CALLS, REFUSED_CALLS_EVERYWHERE
from tests.sandbox.conformance import ending, read
from tests.sandbox.probe import tell
from tests.sandbox.spawned import WALLED, DirectBench, bench_of

NAMESPACE_FLAGS: Final = {
    "mount": 0x00020000,
    "cgroup": 0x02000000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}


@pytest.fixture(params=WALLED)
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DirectBench]:
    async with bench_of(request.param, tmp_path) as made:
        yield made


async def test_every_dangerous_system_call_is_refused(bench: DirectBench) -> None:
    calls = {**REFUSED_CALLS[platform.machine()], **REFUSED_CALLS_EVERYWHERE}
    source = (
        f"for name, number in {calls!r}.items(): tried(name, lambda: call(number, 0, 0, 0, 0, 0))"
    )
    assert await tell(bench, source) == dict.fromkeys(calls, "EPERM")


async def test_no_process_gets_new_namespaces(bench: DirectBench) -> None:
    clone = {"x86_64": 56, "aarch64": 220}[platform.machine()]
    source = (
        f"for name, flag in {NAMESPACE_FLAGS!r}.items():\n"
        f"    tried(name, lambda: call({clone}, flag | 17, 0, 0, 0, 0))\n"
        f"tried('clone3', lambda: call(435, 0, 88))\n"
        "tried('from the future', lambda: call(700))"
    )
    refused = dict.fromkeys(NAMESPACE_FLAGS, "EPERM")
    assert await tell(bench, source) == {
        **refused,
        "clone3": "ENOSYS",
        "from the future": "ENOSYS",
    }


async def test_only_harmless_sockets_can_be_made(bench: DirectBench) -> None:
    allowed = {"unix": (1, 1, 0), "inet": (2, 1, 0), "inet6": (10, 2, 0), "route": (16, 3, 0)}
    refused = {
        "packet": (17, 3, 0),
        "vsock": (40, 1, 0),
        "alg": (38, 5, 0),
        "xdp": (44, 3, 0),
        "key": (15, 3, 2),
        "bluetooth": (31, 3, 0),
        "netlink generic": (16, 3, 16),
        "netlink netfilter": (16, 3, 12),
        "netlink audit": (16, 3, 9),
        "raw": (2, 3, 1),
        "raw6": (10, 3, 58),
    }
    source = (
        f"for name, (family, kind, protocol) in { ({**allowed, **refused})!r}.items():\n"
        "    tried(name, lambda: socket.socket(family, kind, protocol) and 1)\n"
        "tried('ping', lambda: socket.socket(2, 2, 1) and 1)"
    )
    told = await tell(bench, source)
    assert {name: told.pop(name) for name in allowed} == dict.fromkeys(allowed, "GOT 1")
    assert told.pop("ping") == "EACCES"
    assert told == dict.fromkeys(refused, "EPERM")


async def test_arguments_are_looked_at_as_the_kernel_does(bench: DirectBench) -> None:
    ioctl, personality = {"x86_64": (16, 135), "aarch64": (29, 92)}[platform.machine()]
    source = (
        f"for command in (0x5412, 0x541C, 0x1_0000_5412, 0xFF_0000_541C):\n"
        f"    tried(hex(command), lambda: call({ioctl}, 0, command, ctypes.c_char_p(b'x')))\n"
        f"tried('FIONREAD', lambda: call({ioctl}, REQUESTS, 0x541B, ctypes.byref(ctypes.c_int())))\n"
        f"tried('no randomization', lambda: call({personality}, 0x0040000))\n"
        f"tried('read', lambda: call({personality}, 0xFFFFFFFF))"
    )
    assert await tell(bench, source) == {
        "0x5412": "EPERM",
        "0x541c": "EPERM",
        "0x100005412": "EPERM",
        "0xff0000541c": "EPERM",
        "FIONREAD": "GOT 0",
        "no randomization": "EPERM",
        "read": "GOT 0",
    }


async def test_it_is_an_ordinary_user_without_any_capability(bench: DirectBench) -> None:
    wanted = ("Uid", "Gid", "Groups", "NoNewPrivs", "Seccomp", "Umask")
    source = (
        "lines = dict(l.split(':', 1) for l in open('/proc/self/status').read().splitlines())\n"
        f"said.update((k, v.split()) for k, v in lines.items() if k in {wanted!r} or k[:3] == 'Cap')\n"
        "import resource\n"
        "said['files'] = resource.getrlimit(resource.RLIMIT_NOFILE)\n"
        "said['processes'] = resource.getrlimit(resource.RLIMIT_NPROC)\n"
        "said['core'] = resource.getrlimit(resource.RLIMIT_CORE)\n"
        "said['victim first'] = int(open('/proc/self/oom_score_adj').read())\n"
        "said['session'] = os.getsid(0) == os.getpid()\n"
        "said['directory'] = os.getcwd()\n"
        "tried('root', lambda: os.setuid(0))\n"
        "tried('group', lambda: os.setgid(0))\n"
        "tried('groups', lambda: os.setgroups([0]))\n"
    )
    one_user = "users" in bench.lacks
    told = await tell(bench, source)
    if one_user:  # those of its user stay: nobody may change them in a rootless namespace
        assert set(told.pop("Groups")) <= {"990", "65534"}
        told["Groups"] = []
    none = {f"Cap{name}": ["0" * 16] for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")}
    assert told == {
        **none,
        "Uid": ["993"] * 4,
        "Gid": ["990"] * 4,
        "Groups": [],
        "NoNewPrivs": ["1"],
        "Seccomp": ["2"],
        "Umask": ["0022"],
        "files": [1024, 1024],
        "processes": [1024 + one_user] * 2,  # the init is counted with the function, or is not
        "core": [0, 0],
        "victim first": 600,
        "session": True,
        "directory": "/",
        "root": "EINVAL" if one_user else "EPERM",  # nobody else is there to become
        "group": "EINVAL" if one_user else "EPERM",
        "groups": "EPERM",
    }


async def test_it_makes_no_device_and_no_root_of_its_own(bench: DirectBench) -> None:
    source = (
        "tried('null', lambda: os.mknod('/tmp/null', 0o20666, os.makedev(1, 3)))\n"
        "tried('disk', lambda: os.mknod('/tmp/disk', 0o60666, os.makedev(254, 0)))\n"
        "tried('chroot', lambda: os.chroot('/tmp'))\n"
        "tried('fifo', lambda: os.mkfifo('/tmp/fifo'))"
    )
    assert await tell(bench, source) == {
        "null": "EPERM",
        "disk": "EPERM",
        "chroot": "EPERM",
        "fifo": "GOT None",
    }


async def test_signals_reach_nothing_outside_and_not_the_init(bench: DirectBench) -> None:
    source = (
        "for number in (1, 2, 9, 15, 17, 19): tried(number, lambda: os.kill(1, number))\n"
        "tried('everybody', lambda: os.kill(-1, 9))\n"
        f"tried('the host', lambda: os.kill({2**15 - 2}, 0))\n"
    )
    # Where the init is the same user, the kernel takes the signal and lets it drop: this is told after it.
    refusal = "GOT None" if "users" in bench.lacks else "EPERM"
    assert await tell(bench, source) == {
        **dict.fromkeys(map(str, (1, 2, 9, 15, 17, 19)), refusal),
        "everybody": "ESRCH",
        "the host": "ESRCH",
    }


async def test_a_fork_bomb_stops_at_its_limit_and_the_neighbour_runs(bench: DirectBench) -> None:
    bomb = (
        "import signal\n"
        "made = 0\n"
        "try:\n"
        "    while True:\n"
        "        if os.fork() == 0: signal.pause()\n"
        "        made += 1\n"
        "except OSError as error: print(made, error.errno, flush=True)\n"
        "end(0)"
    )
    neighbour = await bench.sandboxes.make(bench.plan("os.read(REQUESTS, 1)\nend(4)"))
    sandbox = await bench.sandboxes.make(bench.plan(bomb, memory_mb=2048))
    made, number = map(int, (await read(sandbox.output)).split())
    assert (made, number) == (1023, errno.EAGAIN)
    await sandbox.kill()
    os.write(neighbour.requests, b"x")
    assert (await ending(neighbour)).exit_status == 4
    await neighbour.kill()
