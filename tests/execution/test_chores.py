"""Chores fail alone and do not outlive their context."""

import asyncio
import logging

import pytest

from lambent.execution.chores import Chores, pause
from lambent.kit.wheel import TimerWheel
from tests.fakes.clock import ManualClock


async def test_a_chore_that_fails_is_logged_and_ends_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done: list[str] = []

    async def bad() -> None:
        raise RuntimeError("no")

    async def good() -> None:
        await asyncio.sleep(0)
        done.append("good")

    with caplog.at_level(logging.ERROR):
        async with Chores() as chores:
            chores.start(bad(), name="bad chore")
            chores.start(good(), name="good chore")
    assert done == ["good"]
    assert "bad chore failed" in caplog.text


async def test_what_does_not_end_in_time_is_cancelled() -> None:
    cancelled: list[bool] = []

    async def endless() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    async with Chores(grace_seconds=0) as chores:
        chores.start(endless(), name="endless")
        await asyncio.sleep(0)
    assert cancelled == [True]


async def test_nothing_is_started_afterwards() -> None:
    async with Chores() as chores:
        await asyncio.sleep(0)
    chores.start(asyncio.sleep(0), name="late")


async def test_a_pause_lasts_until_the_clock_has_moved() -> None:
    clock = ManualClock()
    wheel = TimerWheel(clock=clock)
    async with asyncio.TaskGroup() as group:
        paused = group.create_task(pause(wheel, 1.0))
        await asyncio.sleep(0)
        clock.advance(0.9)
        wheel.advance()
        await asyncio.sleep(0)
        assert not paused.done()
        clock.advance(0.2)
        wheel.advance()
        await paused
