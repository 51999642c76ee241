"""What every driver of the spawner's must do when the spawner dies: the next one takes over."""

import os
import signal

from tests.sandbox.conformance import WAIT_FOR_END, ending, read, read_to_end
from tests.sandbox.spawned import DirectBench

_ECHO = "while data := os.read(REQUESTS, 100): os.write(RESPONSES, data)"


class SuccessionSuite:
    """The tests; subclasses define the fixture `bench`."""

    async def test_it_outlives_the_spawner_and_obeys_the_next(self, bench: DirectBench) -> None:
        sandbox = await bench.sandboxes.make(bench.plan(_ECHO))
        bench.instance.kill()
        os.write(sandbox.requests, b"orphan")
        assert await read(sandbox.responses) == b"orphan"
        bench.instance.start()
        code = bench.folder / "code"
        code.mkdir(mode=0o755)
        await sandbox.bind(code)
        os.write(sandbox.requests, b"adopted")
        assert await read(sandbox.responses) == b"adopted"
        assert (await sandbox.kill()).signal == signal.SIGKILL

    async def test_one_that_ends_while_no_spawner_is_there_is_told_of(
        self, bench: DirectBench
    ) -> None:
        sandbox = await bench.sandboxes.make(bench.plan("os.read(REQUESTS, 1)\nend(5)"))
        bench.instance.kill()
        os.write(sandbox.requests, b"x")
        assert await read_to_end(sandbox.output) == b""
        bench.instance.start()
        assert (await ending(sandbox)).exit_status == 5
        await sandbox.kill()

    async def test_new_ones_stand_beside_adopted_ones(self, bench: DirectBench) -> None:
        old = await bench.sandboxes.make(bench.plan(WAIT_FOR_END))
        bench.instance.kill()
        bench.instance.start()
        new = await bench.sandboxes.make(bench.plan(_ECHO))
        os.write(new.requests, b"new")
        assert await read(new.responses) == b"new"
        assert {old.name, new.name} == {
            entry.name for entry in (bench.instance.run / "sandboxes").iterdir()
        }
        await old.kill()
        await new.kill()
