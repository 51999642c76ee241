"""The direct driver: spawner and client together."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.sandbox.client import SpawnerClient
from lambent.sandbox.port import RootPlan, SandboxFailure, SandboxPlan
from tests.sandbox.conformance import DriverSuite, read, run
from tests.sandbox.patience import PATIENCE_SECONDS
from tests.sandbox.spawned import NEEDS_ROOT, DirectBench, client_of, instance, subreaper
from tests.sandbox.storage_conformance import StorageSuite

pytestmark = NEEDS_ROOT


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DirectBench]:
    with subreaper(), instance(tmp_path / "i") as made:
        async with client_of(made) as client:
            yield DirectBench(client, made)


class TestDirect(DriverSuite, StorageSuite):
    """The direct driver passes the suite and lacks nothing."""


async def test_the_host_s_own_python_runs_by_links(bench: DirectBench) -> None:
    versions = sorted(Path("/usr/bin").glob("python3.[0-9]*[0-9]"))
    if not versions:
        pytest.skip("the host has no Python of its own")
    root = RootPlan(
        interpreter_dir=None,
        runtime_dir=bench.instance.runtime,
        links={"bin/python3": str(versions[0])},
        hidden=["/usr/lib/python3/dist-packages"],
    )
    source = "import sys\nprint(sys.prefix, os.listdir('/usr/lib/python3/dist-packages'), end='')"
    sandbox = await bench.sandboxes.make(bench.plan(source, root=root))
    assert await read(sandbox.output) == b"/usr []"
    await sandbox.kill()


async def test_the_bootstrap_is_at_var_runtime_and_hidden_directories_are_empty(
    bench: DirectBench,
) -> None:
    (bench.instance.runtime / "bootstrap.py").write_text("boot")
    root = RootPlan(
        interpreter_dir=Path("/root/.pyenv/versions/3.12.1"),
        runtime_dir=bench.instance.runtime,
        hidden=["/var/lang/lib/python3.12/site-packages", "/not/there"],
    )
    source = (
        "print(open('/var/runtime/bootstrap.py').read(),"
        " os.listdir('/var/lang/lib/python3.12/site-packages'), end='')"
    )
    sandbox = await bench.sandboxes.make(bench.plan(source, root=root))
    assert await read(sandbox.output) == b"boot []"
    await sandbox.kill()


async def test_libraries_are_shown_and_what_comes_into_them_later_is_seen(
    bench: DirectBench, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    library.mkdir()
    (bench.instance.runtime / "sdk").mkdir()
    root = RootPlan(
        interpreter_dir=Path("/root/.pyenv/versions/3.12.1"),
        runtime_dir=bench.instance.runtime,
        links={"/node_modules": "/var/runtime/sdk"},
        libraries={"/var/runtime/sdk": library, "/not/there": library},
    )
    source = (
        "os.read(3, 1)\n"
        "print(os.listdir('/node_modules'), os.access('/node_modules', os.W_OK), end='')"
    )
    sandbox = await bench.sandboxes.make(bench.plan(source, root=root))
    (library / "later").touch()
    os.write(sandbox.requests, b"x")
    assert await read(sandbox.output) == b"['later'] False"
    await sandbox.kill()


async def test_code_of_another_owner_is_root_s_inside(bench: DirectBench, tmp_path: Path) -> None:
    for owner in (0, 4321):
        code = tmp_path / f"of{owner}"
        code.mkdir()
        (code / "app.py").write_text("")
        for path in (code, code / "app.py"):
            os.chown(path, owner, owner)
        source = (
            "os.read(REQUESTS, 1)\n"
            "s = os.stat(TASK + '/app.py'), os.stat(TASK)\n"
            "print(*((x.st_uid, x.st_gid) for x in s), os.access(TASK, os.W_OK), end='')"
        )
        sandbox = await bench.sandboxes.make(bench.plan(source))
        await sandbox.bind(code)
        os.write(sandbox.requests, b"x")
        assert await read(sandbox.output) == b"(0, 0) (0, 0) False"
        await sandbox.kill()


async def test_binding_the_same_code_again_changes_nothing(
    bench: DirectBench, tmp_path: Path
) -> None:
    source = "os.read(REQUESTS, 1)\nprint(open('/proc/mounts').read().count('/var/task'), end='')"
    sandbox = await bench.sandboxes.make(bench.plan(source))
    await sandbox.bind(tmp_path)
    await sandbox.bind(tmp_path)
    os.write(sandbox.requests, b"x")
    assert await read(sandbox.output) == b"1"
    await sandbox.kill()


async def test_a_frozen_sandbox_is_killed_all_the_same(bench: DirectBench) -> None:
    sandbox = await bench.sandboxes.make(bench.plan("while True: os.getpid()"))
    bench.instance.freeze(sandbox.name)
    await sandbox.kill()
    assert bench.instance.groups() == set()


async def test_a_sandbox_full_of_processes_that_has_hardly_any_cpu_is_killed_all_the_same(
    bench: DirectBench,
) -> None:
    source = """
while True:
    try:
        if os.fork() == 0: os.write(1, b"x")
    except OSError: pass
"""
    sandbox = await bench.sandboxes.make(bench.plan(source, memory_mb=512))
    for _ in range(300):
        assert await read(sandbox.output, 1)
    await sandbox.limit(memory_mb=512, cores=0.05)
    async with asyncio.timeout(PATIENCE_SECONDS):  # by its own share it would take minutes
        await sandbox.kill()
    assert bench.instance.groups() == set()


async def test_a_killed_sandbox_leaves_no_group_and_no_image(bench: DirectBench) -> None:
    sandbox = await bench.sandboxes.make(bench.plan("os.read(REQUESTS, 1)"))
    assert bench.instance.groups() != set()
    await sandbox.kill()
    assert bench.instance.groups() == set()
    assert bench.instance.stop() == 0  # its janitor has wiped what was at /tmp then
    assert bench.instance.left_behind() == []


async def test_leaving_the_client_ends_what_it_made(tmp_path: Path) -> None:
    with subreaper(), instance(tmp_path / "i") as made:
        async with client_of(made) as client:
            bench = DirectBench(client, made)
            sandboxes = [await client.make(bench.plan("os.read(REQUESTS, 1)")) for _ in range(3)]
        assert all(sandbox.ended.done() for sandbox in sandboxes)
        async with client_of(made):
            # The spawner took the greeting after the farewell: nothing of the first client's stands any more when it stops.
            assert made.stop() == 0
            assert made.groups() == set()


async def test_without_a_spawner_no_sandbox_is_made_and_the_client_stands(tmp_path: Path) -> None:
    root = RootPlan(interpreter_dir=None, runtime_dir=tmp_path)
    plan = SandboxPlan(root=root, argv=["x"], environ={}, memory_mb=128, ephemeral_storage_mb=512)
    async with SpawnerClient(path=tmp_path / "none.sock", patience_seconds=0.01) as client:
        with pytest.raises(SandboxFailure, match="the spawner does not answer"):
            await client.make(plan)


async def test_what_is_made_at_once_shares_no_tmp(bench: DirectBench) -> None:
    source = "found = os.listdir('/tmp')\nopen('/tmp/mine', 'w').close()\nprint(found, flush=True)\nos.read(REQUESTS, 1)"
    async with asyncio.TaskGroup() as group:
        makes = [group.create_task(bench.sandboxes.make(bench.plan(source))) for _ in range(8)]
    sandboxes = [make.result() for make in makes]
    assert {await read(sandbox.output) for sandbox in sandboxes} == {b"[]\n"}
    for sandbox in sandboxes:
        await sandbox.kill()


async def test_orders_are_carried_out_while_others_are_made(bench: DirectBench) -> None:
    first = await bench.sandboxes.make(bench.plan("os.read(REQUESTS, 1)"))
    done: list[str] = []

    async def make() -> None:
        sandbox = await bench.sandboxes.make(bench.plan("os.read(REQUESTS, 1)"))
        done.append("made")
        await sandbox.kill()

    async def limit() -> None:
        await first.limit(memory_mb=128, cores=None)
        done.append("limited")

    async with asyncio.TaskGroup() as group:
        for asked in (make(), make(), make(), limit()):
            group.create_task(asked)
    assert done == ["limited", "made", "made", "made"]
    await first.kill()


async def test_what_is_given_up_while_it_is_made_leaves_nothing(tmp_path: Path) -> None:
    with subreaper(), instance(tmp_path / "i") as made:
        async with client_of(made) as client:
            bench = DirectBench(client, made)
            async with asyncio.TaskGroup() as group:
                makes = [
                    group.create_task(client.make(bench.plan("os.read(REQUESTS, 1)")))
                    for _ in range(4)
                ]
                await asyncio.sleep(0)
                for make in makes:
                    make.cancel()
        async with client_of(made):
            assert made.stop() == 0
            assert made.groups() == set()


async def test_many_makes_at_once_all_stand(bench: DirectBench) -> None:
    async with asyncio.TaskGroup() as group:
        runs = [
            group.create_task(run(bench, f"os.write(OUTPUT, b'{n}')\nend({n})")) for n in range(12)
        ]
    assert [(task.result()[0], task.result()[1].exit_status) for task in runs] == [
        (str(n).encode(), n) for n in range(12)
    ]
