"""Sandboxes whose program comes with the code: something waits in them, and becomes it when it is told to."""

import asyncio
import errno
import json
import os
import signal
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from lambent.sandbox.client import DirectSandbox, SpawnerClient
from lambent.sandbox.port import RootPlan, SandboxPlan
from tests.sandbox.conformance import ending, read, read_to_end
from tests.sandbox.patience import PATIENCE_SECONDS
from tests.sandbox.spawned import NEEDS_ROOT, PYENV, Instance, instance, subreaper

pytestmark = NEEDS_ROOT

HEADER = struct.Struct("<III")
WAITING = HEADER.pack(16, 2, 0) + b"{}"
PROGRAMS = ("/var/task/bootstrap", "/opt/bootstrap")


class Bench:
    """A spawner, and a code tree to fill."""

    def __init__(self, sandboxes: SpawnerClient, of: Instance, tree: Path) -> None:
        self.sandboxes, self.instance, self.tree = sandboxes, of, tree

    def bring(self, text: str, *, mode: int = 0o755) -> None:
        """Put a bootstrap into the code."""
        (self.tree / "bootstrap").write_text(text)
        (self.tree / "bootstrap").chmod(mode)

    async def waiting(self) -> DirectSandbox:
        """A sandbox that waits, the code bound."""
        root = RootPlan(interpreter_dir=PYENV, runtime_dir=self.instance.runtime)
        plan = SandboxPlan(
            root=root, argv=(), late=PROGRAMS, environ={}, memory_mb=256, ephemeral_storage_mb=512
        )
        sandbox = await self.sandboxes.make(plan)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await read(sandbox.responses) == WAITING
        await sandbox.bind(self.tree)
        return sandbox

    async def started(self, **environ: str) -> DirectSandbox:
        """One that was told to start."""
        sandbox = await self.waiting()
        meta = json.dumps({"handler": "h", "environ": environ}).encode()
        os.write(sandbox.requests, HEADER.pack(1, len(meta), 0) + meta)
        return sandbox


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tmp_path / "i").mkdir()
    with subreaper(), instance(tmp_path / "i") as made:
        async with SpawnerClient(path=made.socket) as client:
            yield Bench(client, made, tree)


async def test_the_program_has_the_environment_that_it_is_told_and_no_more(bench: Bench) -> None:
    bench.bring("#!/bin/cat /proc/self/environ\n")
    sandbox = await bench.started(A="1", B="ä\n=")
    said = (
        (await read_to_end(sandbox.output)).decode().removesuffix("#!/bin/cat /proc/self/environ\n")
    )
    assert set(said.split("\0")) == {"A=1", "B=ä\n=", ""}
    await sandbox.kill()


async def test_the_program_runs_in_the_code_without_the_channel(bench: Bench) -> None:
    bench.bring("#!/bin/sh\npwd; id -u; ls -1 /proc/$$/fd; ls -l /proc/$$/fd/0\n")
    sandbox = await bench.started(PATH="/usr/bin")
    lines = (await read_to_end(sandbox.output)).decode().splitlines()
    assert lines[:2] == ["/var/task", "993"]
    assert "3" not in lines[2:-1]
    assert "4" not in lines[2:-1]
    assert lines[-1].endswith("/dev/null")
    assert await read_to_end(sandbox.responses) == b""
    assert (await ending(sandbox)).exit_status == 0
    await sandbox.kill()


@pytest.mark.parametrize(
    ("text", "mode", "program", "number"),
    [
        (None, 0, "", errno.ENOENT),
        ("#!/bin/sh\n", 0o644, "/var/task/bootstrap", errno.EACCES),
        ("no program\n", 0o755, "/var/task/bootstrap", errno.ENOEXEC),
        ("#!/not/there\n", 0o755, "/var/task/bootstrap", errno.ENOENT),
    ],
)
async def test_why_a_program_does_not_start_is_told(
    bench: Bench, text: str | None, mode: int, program: str, number: int
) -> None:
    if text is not None:
        bench.bring(text, mode=mode)
    sandbox = await bench.started()
    said = await read_to_end(sandbox.responses)
    kind, meta, body = HEADER.unpack_from(said)
    assert (kind, meta + body) == (18, len(said) - HEADER.size)
    assert json.loads(said[HEADER.size + meta :]) == {"program": program, "errno": number}
    assert (await ending(sandbox)).exit_status == 1
    await sandbox.kill()


async def test_a_variable_that_none_can_have_is_an_invalid_argument(bench: Bench) -> None:
    bench.bring("#!/bin/sh\n")
    sandbox = await bench.started(A="a\0b")
    said = await read_to_end(sandbox.responses)
    assert said.endswith(b'{"program": "/var/task/bootstrap", "errno": %d}' % errno.EINVAL)
    await sandbox.kill()


async def test_one_that_is_never_told_is_killed_as_any_other(bench: Bench) -> None:
    sandbox = await bench.waiting()
    assert (await sandbox.kill()).signal == signal.SIGKILL


MEMORY = """#!/var/lang/bin/python3 -IS
import os
os.write(1, b"small")
os.read(0, 1)
large = bytearray(60 << 20)
del large
os.write(1, b"large")
"""


async def test_the_most_memory_of_the_program_is_known_while_it_runs(bench: Bench) -> None:
    bench.bring(f"{MEMORY}import signal\nsignal.pause()\n")
    sandbox = await bench.started(LD_LIBRARY_PATH="/var/lang/lib")
    async with asyncio.timeout(PATIENCE_SECONDS):
        while b"large" not in await read(sandbox.output):
            continue
    assert 60 << 20 < sandbox.peak_memory_bytes() < 90 << 20
    await sandbox.kill()


async def test_what_waited_is_not_counted_as_the_programs_memory(bench: Bench) -> None:
    bench.bring("#!/bin/sh\nexit 3\n")
    sandbox = await bench.started()
    how = await ending(sandbox)
    assert how.exit_status == 3
    assert how.peak_memory_bytes < 4 << 20
    assert sandbox.peak_memory_bytes() == 0
    await sandbox.kill()


async def test_a_program_larger_than_what_waited_is_counted_at_its_end(bench: Bench) -> None:
    bench.bring(MEMORY)
    sandbox = await bench.started(LD_LIBRARY_PATH="/var/lang/lib")
    assert 60 << 20 < (await ending(sandbox)).peak_memory_bytes < 90 << 20
    await sandbox.kill()
