"""The fake that other rooms' tests use is a driver too."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from lambent.sandbox.port import Ending, RootPlan, Sandboxes, SandboxPlan
from tests.fakes.sandboxes import FakeSandboxes, Inside
from tests.sandbox.conformance import LACKS, DriverSuite
from tests.sandbox.storage_conformance import StorageSuite


class Ended(Exception):
    """The program inside asked for its end."""

    def __init__(self, how: Ending) -> None:
        super().__init__()
        self.how = how


def run_source(inside: Inside) -> Ending:
    """Run the plan's source in this thread."""

    def end(status: int) -> None:
        raise Ended(Ending(exit_status=status))

    def end_by_signal(number: int) -> None:
        raise Ended(Ending(signal=number))

    class Place:
        """Where code or layers are bound, once they are."""

        def __init__(self, where: Callable[[], Path | None]) -> None:
            self._where = where

        def __add__(self, rest: str) -> str:
            return f"{self._where()}{rest}"

    names = {
        "os": os,
        "REQUESTS": inside.requests,
        "RESPONSES": inside.responses,
        "OUTPUT": inside.output,
        "TASK": Place(lambda: inside.task),
        "OPT": Place(lambda: inside.opt),
        "RUNTIME_API": inside.runtime_api,
        "ENDPOINT": inside.endpoint,
        "end": end,
        "end_by_signal": end_by_signal,
    }
    try:
        with suppress(BrokenPipeError):
            exec(inside.plan.argv[-1], names)
    except Ended as ended:
        return ended.how
    return Ending(exit_status=0)


class FakeBench:
    """The fake, lacking whatever may be lacked."""

    lacks = LACKS

    def __init__(self, folder: Path = Path("/")) -> None:
        self.folder = folder
        self.sandboxes: Sandboxes = FakeSandboxes(runtime=run_source)

    def plan(self, source: str, *, memory_mb: int = 256) -> SandboxPlan:
        return SandboxPlan(
            root=RootPlan(interpreter_dir=None, runtime_dir=Path("/")),
            argv=["fake", source],
            environ={},
            memory_mb=memory_mb,
            ephemeral_storage_mb=512,
        )


class TestFake(DriverSuite, StorageSuite):
    """The fake passes the suite."""

    @pytest.fixture
    def bench(self, tmp_path: Path) -> FakeBench:
        return FakeBench(tmp_path)


async def test_a_test_can_play_the_inside_itself() -> None:
    sandboxes = FakeSandboxes()
    sandbox = await sandboxes.make(FakeBench().plan(""))
    os.write(sandbox.requests, b"event")
    assert os.read(sandbox.inside.requests, 10) == b"event"
    os.write(sandbox.inside.responses, b"result")
    assert os.read(sandbox.responses, 10) == b"result"
    sandbox.end(Ending(exit_status=1))
    assert (await sandbox.kill()).exit_status == 1
