"""When SDKs are fetched, and that nobody waits for one for long."""

import asyncio
from pathlib import Path

from lambent.daemon.control_sdks import NoSdks, Sdks
from lambent.kit.tasks import background
from lambent.runtimes.fetching import FetchFailure
from lambent.runtimes.installed import InstalledRuntime
from tests.fakes.clock import ManualClock


def runtime(identifier: str = "python3.13") -> InstalledRuntime:
    return InstalledRuntime(
        identifier=identifier,
        version="3.13.0",
        executable=Path("/p"),
        interpreter_dir=None,
        argv=(),
        environ={},
        bootstrap_dir=Path("/b"),
    )


class FakeStore:
    """Has what it was asked for, unless it fails or is held."""

    def __init__(self, *, failing: bool = False, held: bool = False) -> None:
        self.fetched: list[str] = []
        self.failing = failing
        self.free = asyncio.Event()
        if not held:
            self.free.set()

    def has(self, identifier: str) -> bool:
        return identifier in self.fetched and not self.failing and self.free.is_set()

    async def fetch(self, runtime: InstalledRuntime) -> None:
        self.fetched.append(runtime.identifier)
        await self.free.wait()
        if self.failing:
            raise FetchFailure("no network")


async def test_it_is_fetched_once_for_all_who_wait() -> None:
    store = FakeStore()
    sdks = Sdks(store=store, clock=ManualClock())
    async with background(sdks=sdks.run()), asyncio.TaskGroup() as group:
        for _ in range(3):
            group.create_task(sdks.provide(runtime()))
        group.create_task(sdks.provide(runtime("nodejs22.x")))
    assert sorted(store.fetched) == ["nodejs22.x", "python3.13"]


async def test_a_failure_is_no_obstacle_and_is_tried_again_only_later() -> None:
    store, clock = FakeStore(failing=True), ManualClock()
    sdks = Sdks(store=store, clock=clock)
    async with background(sdks=sdks.run()):
        await sdks.provide(runtime())
        await sdks.provide(runtime())
        assert store.fetched == ["python3.13"]
        clock.advance(601)
        await sdks.provide(runtime())
        assert store.fetched == ["python3.13"] * 2


async def test_nobody_waits_longer_than_told() -> None:
    store = FakeStore(held=True)
    sdks = Sdks(store=store, clock=ManualClock(), patience_seconds=0)
    async with background(sdks=sdks.run()):
        await sdks.provide(runtime())
        assert not store.has("python3.13")


async def test_none_are_provided_where_that_was_chosen() -> None:
    await NoSdks().provide(runtime())
