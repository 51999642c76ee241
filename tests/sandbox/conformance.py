"""What every sandbox driver must do. A driver's test module gives a `Bench` and says which of LACKS it may lack.

What runs inside is Python source with these names: `os`, `REQUESTS`, `RESPONSES`, `OUTPUT` (descriptors), `TASK` and `OPT` (where code
and layers are bound), `RUNTIME_API`, `ENDPOINT` (addresses), `end(status)`, `end_by_signal(number)`.
"""

import asyncio
import os
import signal
import socket
from pathlib import Path
from typing import Final, Protocol

import pytest

from lambent.sandbox.drivers import PROMISES
from lambent.sandbox.port import Ending, Sandbox, Sandboxes, SandboxFailure, SandboxPlan
from tests.sandbox.patience import PATIENCE_SECONDS

LACKS: Final = frozenset({*PROMISES, "programs"})
"""`programs`: nothing is executed, which only a fake may lack."""
WAIT_FOR_END: Final = "os.read(REQUESTS, 1)"
ECHO: Final = "while data := os.read(REQUESTS, 100): os.write(RESPONSES, data)"


class Bench(Protocol):
    """One driver, ready."""

    sandboxes: Sandboxes
    lacks: frozenset[str]
    folder: Path
    """For code: open to whoever makes the sandboxes, on the way to it too."""

    def plan(self, source: str, *, memory_mb: int = 256) -> SandboxPlan:
        """Plan a sandbox that runs `source`."""
        ...


async def readable(descriptor: int) -> None:
    """Return once something can be read."""
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await ready.wait()
    finally:
        loop.remove_reader(descriptor)


async def read(descriptor: int, size: int = 65_536) -> bytes:
    """Return what comes next; nothing at the end."""
    while True:
        try:
            return os.read(descriptor, size)
        except BlockingIOError:
            await readable(descriptor)


async def read_to_end(descriptor: int) -> bytes:
    """Return everything until the end."""
    parts = []
    while part := await read(descriptor):
        parts.append(part)
    return b"".join(parts)


async def ending(sandbox: Sandbox) -> Ending:
    """Return how the runtime ended by itself."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        return await asyncio.shield(sandbox.ended)


async def run(bench: Bench, source: str) -> tuple[bytes, Ending]:
    """Run `source` to its end: what it wrote to its output, and how it ended."""
    sandbox = await bench.sandboxes.make(bench.plan(source))
    try:
        return await read_to_end(sandbox.output), await ending(sandbox)
    finally:
        await sandbox.kill()


def descriptors() -> set[Path]:
    """Return what this process has open."""
    return set(Path("/proc/self/fd").iterdir())


def needs(bench: Bench, ability: str) -> None:
    """Skip the test when the driver is allowed to lack `ability`."""
    if ability in bench.lacks:
        pytest.skip(f"this driver may lack: {ability}")


class DriverSuite:
    """The tests; subclasses define the fixture `bench`."""

    async def test_what_the_engine_writes_the_runtime_reads_and_back(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(
            bench.plan("os.write(RESPONSES, os.read(REQUESTS, 100)[::-1])\nos.read(REQUESTS, 1)")
        )
        os.write(sandbox.requests, b"abc")
        assert await read(sandbox.responses) == b"cba"
        await sandbox.kill()

    async def test_more_than_a_pipe_holds_passes_both_ways(self, bench: Bench) -> None:
        echo = "while data := os.read(REQUESTS, 65536):\n    os.write(RESPONSES, data)"
        sandbox = await bench.sandboxes.make(bench.plan(echo))
        sent = bytes(range(256)) * 16_384
        left, got = memoryview(sent), bytearray()
        while len(got) < len(sent):
            try:
                left = left[os.write(sandbox.requests, left) :] if left else left
            except BlockingIOError:
                got += await read(sandbox.responses)
            else:
                if not left:
                    got += await read(sandbox.responses)
        await sandbox.kill()
        assert got == sent

    async def test_output_is_readable_after_the_runtime_ended(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan("os.write(OUTPUT, b'last words')"))
        await ending(sandbox)
        assert await read_to_end(sandbox.output) == b"last words"
        await sandbox.kill()

    async def test_an_exit_status_is_reported(self, bench: Bench) -> None:
        _, how = await run(bench, "end(7)")
        assert (how.exit_status, how.signal, how.out_of_memory) == (7, None, False)

    async def test_a_signal_is_reported(self, bench: Bench) -> None:
        _, how = await run(bench, "end_by_signal(15)")
        assert (how.exit_status, how.signal) == (None, signal.SIGTERM)

    async def test_killing_ends_it_and_says_so_every_time(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        how = await sandbox.kill()
        assert how.signal == signal.SIGKILL
        assert await sandbox.kill() == how
        assert sandbox.ended.result() == how

    async def test_killing_after_the_end_keeps_the_first_ending(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan("end(3)"))
        how = await ending(sandbox)
        assert await sandbox.kill() == how

    async def test_killing_closes_every_descriptor(self, bench: Bench) -> None:
        before = descriptors()
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        await sandbox.kill()
        assert descriptors() == before
        assert sandbox.runtime_api.fileno() == sandbox.endpoint.fileno() == -1

    async def test_its_descriptors_do_not_block(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        listeners = (sandbox.runtime_api.fileno(), sandbox.endpoint.fileno())
        for descriptor in (sandbox.requests, sandbox.responses, sandbox.output, *listeners):
            assert not os.get_blocking(descriptor)
            assert not os.get_inheritable(descriptor)
        await sandbox.kill()

    async def test_code_is_bound_while_the_runtime_waits(self, bench: Bench) -> None:
        code = bench.folder / "code"
        code.mkdir(mode=0o755)
        (code / "app.py").write_text("handler = 1\n")
        source = (
            "os.read(REQUESTS, 1)\n"
            "f = os.open(TASK + '/app.py', os.O_RDONLY)\n"
            "os.write(OUTPUT, os.read(f, 100))\n"
            "os.close(f)"
        )
        sandbox = await bench.sandboxes.make(bench.plan(source))
        await sandbox.bind(code)
        os.write(sandbox.requests, b"x")
        assert await read_to_end(sandbox.output) == b"handler = 1\n"
        await sandbox.kill()

    @pytest.mark.parametrize("name", ["f", "sub/f", "lib"])
    async def test_layers_are_bound_beside_the_code(self, bench: Bench, name: str) -> None:
        code, layers = bench.folder / "code", bench.folder / "layers"
        for tree in (code, layers):
            (tree / name).parent.mkdir(mode=0o755, parents=True)
            (tree / name).write_text(tree.name)
        source = (
            "os.read(REQUESTS, 1)\n"
            "for tree in (TASK, OPT):\n"
            f"    f = os.open(tree + '/{name}', os.O_RDONLY)\n"
            "    os.write(OUTPUT, os.read(f, 100) + b' ')\n"
            "    os.close(f)"
        )
        sandbox = await bench.sandboxes.make(bench.plan(source))
        for _ in range(2):
            await sandbox.bind(code, opt_tree=layers)
        os.write(sandbox.requests, b"x")
        assert await read_to_end(sandbox.output) == b"code layers "
        await sandbox.kill()

    async def test_layers_that_are_not_there_cannot_be_bound(self, bench: Bench) -> None:
        code = bench.folder / "code"
        code.mkdir(mode=0o755)
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        with pytest.raises(SandboxFailure):
            await sandbox.bind(code, opt_tree=bench.folder / "missing")
        await sandbox.kill()

    async def test_code_that_is_not_there_cannot_be_bound(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        with pytest.raises(SandboxFailure):
            await sandbox.bind(bench.folder / "missing")
        await sandbox.kill()

    async def test_what_has_ended_can_be_neither_bound_nor_limited(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        await sandbox.kill()
        with pytest.raises(SandboxFailure):
            await sandbox.bind(bench.folder)
        with pytest.raises(SandboxFailure):
            await sandbox.limit(memory_mb=256, cores=None)
        with pytest.raises(SandboxFailure):
            await sandbox.store(ephemeral_storage_mb=1024)

    async def test_limits_can_be_set_again_and_lifted(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        for memory_mb, cores in ((512, 0.25), (128, None), (3008, 1.7)):
            await sandbox.limit(memory_mb=memory_mb, cores=cores)
        await sandbox.kill()

    async def test_what_is_frozen_stands_still_until_it_is_thawed(self, bench: Bench) -> None:
        needs(bench, "freezing")
        first, second = [await bench.sandboxes.make(bench.plan(ECHO)) for _ in range(2)]
        bench.sandboxes.freeze([first])
        await second.limit(memory_mb=256, cores=None)  # orders are carried out one after the other
        for sandbox in (first, second):
            os.write(sandbox.requests, b"called")
        assert await read(second.responses) == b"called"
        with pytest.raises(BlockingIOError):
            os.read(first.responses, 100)
        first.thaw(pytest.fail)
        assert await read(first.responses) == b"called"
        for sandbox in (first, second):
            await sandbox.kill()

    async def test_freezing_and_thawing_at_once_ends_as_it_was_asked_for(
        self, bench: Bench
    ) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(ECHO))
        for number in range(20):
            bench.sandboxes.freeze([sandbox])
            sandbox.thaw(pytest.fail)
            os.write(sandbox.requests, str(number).encode())
            assert await read(sandbox.responses) == str(number).encode()
        await sandbox.kill()

    async def test_a_frozen_sandbox_is_killed(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        bench.sandboxes.freeze([sandbox])
        assert (await sandbox.kill()).signal == signal.SIGKILL

    async def test_what_has_ended_is_not_frozen_and_cannot_be_thawed(self, bench: Bench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        await sandbox.kill()
        bench.sandboxes.freeze([sandbox])
        told = asyncio.get_running_loop().create_future()
        sandbox.thaw(told.set_result)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert await told

    async def test_names_differ(self, bench: Bench) -> None:
        made = [await bench.sandboxes.make(bench.plan(WAIT_FOR_END)) for _ in range(4)]
        assert len({sandbox.name for sandbox in made}) == 4
        for sandbox in made:
            await sandbox.kill()

    async def test_both_listeners_answer_inside(self, bench: Bench) -> None:
        source = (
            "import socket\n"
            "for address in (RUNTIME_API, ENDPOINT):\n"
            "    with socket.create_connection(address) as s:\n"
            "        os.write(OUTPUT, s.recv(9))"
        )
        sandbox = await bench.sandboxes.make(bench.plan(source))
        await _answer(sandbox.runtime_api, b"runtime,")
        await _answer(sandbox.endpoint, b"endpoint")
        assert await read_to_end(sandbox.output) == b"runtime,endpoint"
        await sandbox.kill()

    async def test_a_cancelled_make_leaves_nothing(self, bench: Bench) -> None:
        before = descriptors()
        loop = asyncio.get_running_loop()
        for turns in (1, 2, 3):
            async with asyncio.TaskGroup() as group:
                task = group.create_task(bench.sandboxes.make(bench.plan(WAIT_FOR_END)))
                for _ in range(turns):
                    await asyncio.sleep(0)
                loop.call_soon(task.cancel)
            if not task.cancelled():
                await task.result().kill()
        # What came for nobody is ended when it comes: other sandboxes come and go until it has.
        for _ in range(30):
            await (await bench.sandboxes.make(bench.plan("end(0)"))).kill()
            if descriptors() == before:
                return
        pytest.fail("a sandbox that nobody wanted is still held")

    async def test_a_program_that_is_not_there_is_a_failure(self, bench: Bench) -> None:
        needs(bench, "programs")
        plan = bench.plan("")
        wrong = SandboxPlan(
            root=plan.root,
            argv=["/var/lang/bin/nothing"],
            environ={},
            memory_mb=plan.memory_mb,
            ephemeral_storage_mb=plan.ephemeral_storage_mb,
        )
        with pytest.raises(SandboxFailure, match=r"/var/lang/bin/nothing.*No such file"):
            await bench.sandboxes.make(wrong)

    async def test_the_host_s_homes_are_not_there(self, bench: Bench) -> None:
        needs(bench, "walls")
        said, _ = await run(bench, "print([os.path.exists(p) for p in ('/root', '/home')], end='')")
        assert said == b"[False, False]"

    async def test_the_environment_is_exactly_the_plan_s(self, bench: Bench) -> None:
        needs(bench, "programs")
        needs(bench, "places")
        said, _ = await run(bench, "print(open('/proc/self/environ').read(), end='')")
        given = said.decode().strip("\0").split("\0")
        assert given == [f"{k}={v}" for k, v in bench.plan("").environ.items()]

    async def test_memory_used_up_ends_it_and_is_told(self, bench: Bench) -> None:
        needs(bench, "memory")
        source = "os.read(REQUESTS, 1)\nb = bytearray(300 << 20)\nend(0)"
        sandbox = await bench.sandboxes.make(bench.plan(source, memory_mb=512))
        await sandbox.limit(memory_mb=128, cores=1.0)
        os.write(sandbox.requests, b"x")
        how = await ending(sandbox)
        await sandbox.kill()
        assert (how.signal, how.out_of_memory) == (signal.SIGKILL, True)
        assert 100 < how.peak_memory_bytes >> 20 <= 128

    async def test_memory_that_a_child_uses_up_ends_all_of_it(self, bench: Bench) -> None:
        needs(bench, "memory")
        source = (
            "if os.fork() == 0:\n"
            "    hog = []\n"
            "    while True: hog.append(bytearray(b'x' * (1 << 20)))\n"
            "os.wait()\n"
            "os.read(REQUESTS, 1)"
        )
        sandbox = await bench.sandboxes.make(bench.plan(source, memory_mb=128))
        how = await ending(sandbox)
        assert await sandbox.kill() == how
        assert (how.signal, how.out_of_memory) == (signal.SIGKILL, True)
        assert how.peak_memory_bytes == 128 << 20

    async def test_peak_memory_is_told_without_file_cache(self, bench: Bench) -> None:
        needs(bench, "memory")
        source = (
            "b = bytearray(60 << 20)\n"
            "f = os.open('/tmp/f', os.O_RDWR | os.O_CREAT)\n"
            "for _ in range(100): os.write(f, bytes(1 << 20))\n"
            "end(0)"
        )
        _, how = await run(bench, source)
        assert 60 << 20 < how.peak_memory_bytes < 100 << 20

    async def test_everything_inside_ends_with_the_runtime(self, bench: Bench) -> None:
        needs(bench, "programs")
        source = (
            "for _ in range(3):\n"
            "    if os.fork() == 0:\n"
            "        os.setsid()\n"
            "        while True: os.read(REQUESTS, 1)\n"
            "end(0)"
        )
        said, how = await run(bench, source)  # the output ends only when its last holder is gone
        assert (said, how.exit_status) == (b"", 0)


async def _answer(listener: socket.socket, words: bytes) -> None:
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE_SECONDS):
        connection, _ = await loop.sock_accept(listener)
        with connection:
            await loop.sock_sendall(connection, words)
