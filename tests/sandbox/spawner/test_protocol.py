"""The spawner's program, spoken to by hand."""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lambent.sandbox.spawner.main import parse_settings
from tests.sandbox.conformance import WAIT_FOR_END, readable
from tests.sandbox.spawned import (
    NEEDS_ROOT,
    UNIFIED,
    DirectBench,
    Instance,
    client_of,
    instance,
    subreaper,
)

pytestmark = NEEDS_ROOT
SO_SNDBUFFORCE = 32


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Instance]:
    with subreaper(), instance(tmp_path / "i") as made:
        yield made


@contextmanager
def asker(made: Instance) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(10)
        connection.connect(str(made.socket))
        yield connection


def ask(connection: socket.socket, message: bytes | dict[str, Any]) -> dict[str, Any]:
    connection.send(message if isinstance(message, bytes) else json.dumps(message).encode())
    answer: dict[str, Any] = json.loads(connection.recv(65_536))
    return answer


async def started(made: Instance) -> None:
    async with client_of(made):
        pass


async def test_a_malformed_order_is_answered_and_the_next_is_obeyed(made: Instance) -> None:
    await started(made)
    with asker(made) as connection:
        assert ask(connection, b"{") == {"id": None, "failed": "not JSON"}
        assert ask(connection, b"[" * 100_000)["failed"] == "not JSON"
        assert ask(connection, {"id": 5})["failed"] == "order is not text"
        assert ask(connection, {"id": 5, "order": "kill", "name": "/"})["id"] == 5
        kill = {"id": 6, "order": "kill", "name": f"{made.name}.0.00000000"}
        assert ask(connection, kill) == {"id": 6, "failed": "say hello first"}
        assert ask(connection, {"id": 7, "order": "hello", "held": []})["done"] == {"known": []}
        assert ask(connection, kill)["done"] == {"oom_kills": 0, "anonymous_bytes": 0}
        limit = {**kill, "order": "limit", "memory_mb": 128, "cores": 1}
        assert ask(connection, limit)["failed"].startswith("there is no sandbox")


async def test_an_order_that_is_too_long_is_refused(made: Instance) -> None:
    await started(made)
    with asker(made) as connection:
        connection.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 20)
        refused = ask(connection, b" " * 300_000)
        assert refused == {"id": None, "failed": "the order is too long"}


async def test_descriptors_sent_along_are_let_go(made: Instance) -> None:
    await started(made)
    with asker(made) as connection:
        ask(connection, b"{")  # answered: taken in, and counted from here on
        before = open_in(made)
        for _ in range(10):
            socket.send_fds(connection, [b"{"], [connection.fileno()] * 5)
            connection.recv(1000)
        assert open_in(made) == before


def open_in(made: Instance) -> int:
    """Return how many descriptors the spawner has open."""
    assert made.process is not None
    return len(list(Path(f"/proc/{made.process.pid}/fd").iterdir()))


async def test_an_asker_does_not_reach_another_s_sandboxes(made: Instance) -> None:
    async with client_of(made) as client:
        sandbox = await client.make(DirectBench(client, made).plan(WAIT_FOR_END))
        with asker(made) as connection:
            hello = {"id": 1, "order": "hello", "held": [sandbox.name]}
            assert ask(connection, {"id": 1, "order": "kill", "name": sandbox.name})["failed"]
            assert ask(connection, hello)["done"] == {"known": [sandbox.name]}
        # It was the last that named the sandbox, and it left: the sandbox ends with it.
        await sandbox.ended
        await sandbox.kill()


async def test_making_and_killing_leaves_no_descriptor_in_the_spawner(made: Instance) -> None:
    async with client_of(made) as client:
        plan = DirectBench(client, made).plan(WAIT_FOR_END)
        await (await client.make(plan)).kill()
        before = open_in(made)
        for _ in range(5):
            await (await client.make(plan)).kill()
        assert open_in(made) == before


async def test_only_root_and_the_asker_named_may_connect(made: Instance) -> None:
    await started(made)
    assert made.stop() == 0
    made.asker_uid = 4321
    made.start()
    await started(made)
    status = made.socket.stat()
    assert (status.st_mode & 0o777, status.st_uid) == (0o600, 4321)


async def test_a_failed_make_frees_its_range_and_leaves_no_group(made: Instance) -> None:
    async with client_of(made) as client:
        bench = DirectBench(client, made)
        plan = bench.plan(WAIT_FOR_END)
        made.runtime.rmdir()
        with pytest.raises(Exception, match="runtime"):
            await client.make(plan)
        assert made.groups() == set()
        made.runtime.mkdir()
        sandbox = await client.make(plan)
        assert sandbox.name.split(".")[1] == "0"
        await sandbox.kill()


async def test_a_stopped_spawner_ends_its_sandboxes(made: Instance) -> None:
    async with client_of(made) as client:
        sandbox = await client.make(DirectBench(client, made).plan("while True: os.getpid()"))
        output = os.dup(sandbox.output)
        assert made.stop() == 0
        await readable(output)
        assert os.read(output, 1) == b""
        os.close(output)
        assert made.left_behind() == []


async def test_a_foreign_directory_among_the_groups_is_no_sandbox(made: Instance) -> None:
    await started(made)
    made.kill()
    foreign = UNIFIED / f"lambent-{made.name}" / "not.ours"
    foreign.mkdir(parents=True)
    made.start()
    await started(made)
    foreign.rmdir()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("--instance", "../x"), "--instance"),
        (("--first-uid", "4294900000"), "--first-uid"),
        (("--spool-dir", "/not/there"), "--spool-dir"),
    ],
)
def test_a_wrong_command_line_is_refused(
    change: tuple[str, str], reason: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = {"--instance": "x", "--first-uid": "1000000"}
    arguments |= dict.fromkeys(("--run-dir", "--spool-dir"), str(tmp_path)) | dict([change])
    with pytest.raises(SystemExit) as refused:
        parse_settings([part for pair in arguments.items() for part in pair])
    assert refused.value.code == 2
    assert f"error: {reason}" in capsys.readouterr().err.replace("argument ", "")
