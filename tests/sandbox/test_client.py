"""The client, with a test in the spawner's place."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.sandbox.client import SpawnerClient
from lambent.sandbox.port import RootPlan, SandboxFailure, SandboxPlan
from tests.sandbox.conformance import descriptors
from tests.sandbox.test_line import Other

PLAN = SandboxPlan(
    root=RootPlan(interpreter_dir=None, runtime_dir=Path("/r"), links={"bin/p": "/usr/bin/p"}),
    argv=["/var/lang/bin/p"],
    environ={"A": "b"},
    memory_mb=128,
    ephemeral_storage_mb=512,
)


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    other = Other(tmp_path / "spawner.sock")
    yield other
    other.listener.close()


async def entered(client: SpawnerClient, other: Other) -> None:
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        group.create_task(client.__aenter__())
        group.create_task(other.accept())


async def test_a_plan_is_sent_as_an_order(other: Other, tmp_path: Path) -> None:
    client = SpawnerClient(path=tmp_path / "spawner.sock")
    await entered(client, other)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(client.make(PLAN))
        order = await other.order()
        task.cancel()
    assert order == {
        "id": 1,
        "order": "make",
        "root": {
            "interpreter_dir": None,
            "runtime_dir": "/r",
            "links": {"bin/p": "/usr/bin/p"},
            "hidden": [],
            "libraries": {},
        },
        "argv": ["/var/lang/bin/p"],
        "late": [],
        "environ": {"A": "b"},
        "memory_mb": 128,
        "ephemeral_storage_mb": 512,
    }
    await client.__aexit__(None, None, None)
    other.die()


@pytest.mark.parametrize("sent", [0, 3])
async def test_a_sandbox_that_does_not_come_whole_is_ended(
    sent: int, other: Other, tmp_path: Path
) -> None:
    client = SpawnerClient(path=tmp_path / "spawner.sock")
    await entered(client, other)
    before = descriptors()
    null = os.open("/dev/null", os.O_RDONLY)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(_failing(client))
        order = await other.order()
        other.answer(order["id"], done={"name": "n"}, descriptors=[null] * sent)
        kill = await other.order()
    os.close(null)
    assert task.result() == "no sandbox: this process has too many files open"
    assert (kill["order"], kill["name"]) == ("kill", "n")
    assert descriptors() == before
    await client.__aexit__(None, None, None)
    other.die()


async def _failing(client: SpawnerClient) -> str:
    with pytest.raises(SandboxFailure) as failure:
        await client.make(PLAN)
    return str(failure.value)


async def test_a_sandbox_whose_spawner_is_silent_is_told_as_killed_in_the_end(
    other: Other, tmp_path: Path
) -> None:
    client = SpawnerClient(path=tmp_path / "spawner.sock", patience_seconds=0.05)
    await entered(client, other)
    ends = [part for _ in range(4) for part in socket.socketpair()]
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        task = group.create_task(client.make(PLAN))
        order = await other.order()
        other.answer(
            order["id"], done={"name": "n"}, descriptors=[end.fileno() for end in ends[:7]]
        )
    assert (await task.result().kill()).signal == signal.SIGKILL
    for end in ends:
        end.close()
    await client.__aexit__(None, None, None)
    other.die()
