"""The spawner dies: sandboxes live on, the next spawner takes over those that are held and ends the others."""

import asyncio
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from lambent.sandbox.client import SpawnerClient
from lambent.sandbox.port import Sandbox, SandboxFailure
from lambent.sandbox.spawner import hierarchies
from lambent.sandbox.spawner.sweep import sweep
from tests.sandbox.conformance import WAIT_FOR_END, ending, read, read_to_end, readable
from tests.sandbox.spawned import NEEDS_ROOT, DirectBench, Instance, client_of, instance, subreaper

pytestmark = NEEDS_ROOT
ECHO = "while data := os.read(REQUESTS, 100): os.write(RESPONSES, data)"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Instance]:
    with subreaper(), instance(tmp_path / "i") as made:
        yield made


@pytest.fixture
async def client(made: Instance) -> AsyncIterator[SpawnerClient]:
    async with client_of(made) as client:
        yield client


@pytest.fixture
def bench(client: SpawnerClient, made: Instance) -> DirectBench:
    return DirectBench(client, made)


async def echoed(sandbox: Sandbox, words: bytes) -> bytes:
    os.write(sandbox.requests, words)
    return await read(sandbox.responses)


async def test_a_sandbox_outlives_the_spawner_and_obeys_the_next(
    bench: DirectBench, made: Instance, tmp_path: Path
) -> None:
    sandbox = await bench.sandboxes.make(bench.plan(ECHO))
    made.kill()
    assert await echoed(sandbox, b"orphan") == b"orphan"
    made.start()
    await sandbox.bind(tmp_path)
    await sandbox.limit(memory_mb=128, cores=0.5)
    assert await echoed(sandbox, b"adopted") == b"adopted"
    assert (await sandbox.kill()).signal == signal.SIGKILL
    assert made.groups() == set()


async def test_orders_given_while_there_is_no_spawner_are_carried_out_by_the_next(
    bench: DirectBench, made: Instance
) -> None:
    made.kill()
    async with asyncio.TaskGroup() as group:
        makes = [group.create_task(bench.sandboxes.make(bench.plan(ECHO))) for _ in range(3)]
        await asyncio.sleep(0)
        made.start()
    for task in makes:
        assert await echoed(task.result(), b"x") == b"x"
        await task.result().kill()


HALF_MADE = "mount -t tmpfs tmpfs /tmp && touch /tmp/dear && echo ready && exec sleep 1000"
"""As a first process is before it has left the host's root; what stands for the host's /tmp here is a file system of the test's."""


async def test_a_sandbox_that_is_half_made_has_the_host_s_tmp_which_is_left_alone(
    made: Instance,
) -> None:
    made.kill()
    name = f"{made.name}.0.00000000"
    joining = hierarchies.find(made.name).create(name, memory_mb=128)
    for descriptor in joining.descriptors():
        os.close(descriptor)
    outer = subprocess.Popen(
        ["unshare", "--pid", "--mount", "--fork", "sh", "-c", HALF_MADE],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with outer:
        assert outer.stdout is not None
        assert outer.stdout.readline() == b"ready\n"
        first = int(Path(f"/proc/{outer.pid}/task/{outer.pid}/children").read_text())
        seen_as_host_s = os.open(f"/proc/{first}/root/tmp", os.O_RDONLY)
        for group in made.groups():
            (group / "cgroup.procs").write_text(f"{first}")
        made.start()
        async with client_of(made):  # whose greeting claims nothing: what was adopted is ended
            assert outer.wait(10) != 0
        assert made.stop() == 0
    with os.scandir(seen_as_host_s) as entries:
        assert [entry.name for entry in entries] == ["dear"]
    os.close(seen_as_host_s)


async def test_orders_under_way_when_the_spawner_dies_are_carried_out_by_the_next(
    bench: DirectBench, made: Instance
) -> None:
    first = await bench.sandboxes.make(bench.plan(ECHO))
    async with asyncio.TaskGroup() as group:
        makes = [group.create_task(bench.sandboxes.make(bench.plan(ECHO))) for _ in range(4)]
        killed = group.create_task(first.kill())
        await makes[0]
        made.kill()
        made.start()
    assert killed.result().signal == signal.SIGKILL
    for task in makes:
        assert await echoed(task.result(), b"x") == b"x"
        await task.result().kill()
    assert made.groups() == set()


async def test_what_nobody_holds_is_killed_by_the_next_spawner_even_frozen(
    made: Instance,
) -> None:
    async with client_of(made) as holder:
        held = await holder.make(DirectBench(holder, made).plan(ECHO))
        made.kill()
        made.freeze(held.name)
        assert made.pids() != set()
        made.start()
        # Another asker, who holds nothing, greets the new spawner: whatever the first says later, it was not first.
        async with client_of(made) as stranger:
            sandbox = await stranger.make(DirectBench(stranger, made).plan(ECHO))
            assert await echoed(sandbox, b"x") == b"x"
            await sandbox.kill()
        await held.kill()
    assert made.groups() == set()


async def test_a_range_of_user_ids_is_not_given_twice_across_spawners(
    bench: DirectBench, made: Instance
) -> None:
    say = "print(open('/proc/self/uid_map').read(), flush=True)\n" + WAIT_FOR_END
    before = await bench.sandboxes.make(bench.plan(say))
    made.kill()
    made.start()
    after = await bench.sandboxes.make(bench.plan(say))
    assert await read(before.output) != await read(after.output)
    await before.kill()
    await after.kill()


async def test_an_end_without_a_spawner_is_told_with_its_status_once_there_is_one(
    bench: DirectBench, made: Instance
) -> None:
    sandbox = await bench.sandboxes.make(bench.plan("os.read(REQUESTS, 1)\nend(5)"))
    made.kill()
    os.write(sandbox.requests, b"x")
    assert await read_to_end(sandbox.output) == b""
    made.start()
    assert (await ending(sandbox)).exit_status == 5
    await sandbox.kill()


async def test_out_of_memory_without_a_spawner_is_told_too(
    bench: DirectBench, made: Instance
) -> None:
    source = "os.read(REQUESTS, 1)\nb = bytearray(300 << 20)"
    sandbox = await bench.sandboxes.make(bench.plan(source, memory_mb=128))
    made.kill()
    os.write(sandbox.requests, b"x")
    assert await read_to_end(sandbox.output) == b""
    made.start()
    assert (await ending(sandbox)).out_of_memory
    await sandbox.kill()


async def test_a_frozen_sandbox_outlives_the_spawner_and_is_thawed_by_the_next(
    bench: DirectBench, made: Instance
) -> None:
    sandbox = await bench.sandboxes.make(bench.plan(ECHO))
    bench.sandboxes.freeze([sandbox])
    await sandbox.limit(memory_mb=128, cores=None)
    made.kill()
    os.write(sandbox.requests, b"frozen")
    sandbox.thaw(pytest.fail)
    made.start()
    assert await read(sandbox.responses) == b"frozen"
    await sandbox.kill()


async def test_a_frozen_runtime_that_is_killed_is_told_of(
    bench: DirectBench, made: Instance
) -> None:
    sandbox = await bench.sandboxes.make(bench.plan(ECHO))
    bench.sandboxes.freeze([sandbox])
    await sandbox.limit(memory_mb=128, cores=None)
    (runtime,) = made.runtimes()
    os.kill(runtime, signal.SIGKILL)
    assert (await ending(sandbox)).signal == signal.SIGKILL
    await sandbox.kill()


@pytest.mark.parametrize("frozen", [False, True])
async def test_without_spawner_and_holder_a_sandbox_ends_by_itself(
    made: Instance, *, frozen: bool
) -> None:
    async with client_of(made) as client:
        sandbox = await client.make(DirectBench(client, made).plan("while True: os.getpid()"))
        if frozen:
            client.freeze([sandbox])
            await sandbox.limit(memory_mb=128, cores=None)
        assert not sandbox.ended.done()
        inside = [os.pidfd_open(pid) for pid in made.pids()]
        made.kill()
    assert len(inside) == 2
    for pidfd in inside:  # the init saw that nobody reads its report any more
        await readable(pidfd)
        os.close(pidfd)
    assert made.groups() != set()
    made.start()
    async with client_of(made):
        pass


async def test_a_sandbox_being_made_when_the_spawner_dies_does_not_stay(made: Instance) -> None:
    async with client_of(made) as client:
        plan = DirectBench(client, made).plan("while True: os.getpid()")
        await (await client.make(plan)).kill()
        async with asyncio.TaskGroup() as group:
            makes = [group.create_task(client.make(plan)) for _ in range(4)]
            await asyncio.sleep(0)
            made.kill()
            for task in makes:
                task.cancel()
    made.start()
    async with client_of(made):
        pass
    assert made.stop() == 0
    assert made.pids() == set()


async def test_a_spawner_that_does_not_come_back_is_a_failure(made: Instance) -> None:
    async with client_of(made, patience_seconds=3) as client:
        sandbox = await client.make(DirectBench(client, made).plan(ECHO))
        made.kill()
        with pytest.raises(SandboxFailure, match="the spawner does not answer"):
            await sandbox.limit(memory_mb=256, cores=None)
        assert (await sandbox.kill()).signal == signal.SIGKILL
    sweep(made.name, registers=[made.run])
    made.start()
    async with client_of(made):
        pass


async def test_a_sweep_ends_everything_of_a_dead_instance_and_nothing_else(
    tmp_path: Path,
) -> None:
    with (
        subreaper(),
        instance(tmp_path / "dead") as dead,
        instance(tmp_path / "live") as live,
    ):
        async with (
            client_of(dead) as gone,
            client_of(live) as stays,
        ):
            frozen = await gone.make(DirectBench(gone, dead).plan("while True: os.getpid()"))
            other = await gone.make(DirectBench(gone, dead).plan(ECHO))
            neighbour = await stays.make(DirectBench(stays, live).plan(ECHO))
            dead.kill()
            dead.freeze(frozen.name)
            assert sweep(dead.name, registers=[dead.run]) == 2
            assert dead.groups() == set()
            assert await read_to_end(frozen.output) == await read_to_end(other.output) == b""
            assert await echoed(neighbour, b"well") == b"well"
            assert sweep(dead.name, registers=[dead.run]) == 0
            await neighbour.kill()
        dead.start()
        async with client_of(dead):
            pass


async def test_two_instances_never_touch_each_other(tmp_path: Path) -> None:
    with subreaper(), instance(tmp_path / "a") as a, instance(tmp_path / "b") as b:
        async with client_of(a) as of_a, client_of(b) as of_b:
            in_a = await of_a.make(DirectBench(of_a, a).plan(ECHO))
            in_b = await of_b.make(DirectBench(of_b, b).plan(ECHO))
            assert in_a.name != in_b.name
            a.kill()
            a.start()
            await in_a.kill()
            assert a.groups() == set()
            assert await echoed(in_b, b"well") == b"well"
            await in_b.kill()
