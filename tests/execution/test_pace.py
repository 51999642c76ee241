"""Short invocations begin a few at once; what is held back waits for an environment that is just done, or for a moment."""

from dataclasses import replace
from functools import partial

from lambent.execution.pace import Pace
from lambent.kit.wheel import TimerWheel
from lambent.model.errors import TooManyRequests
from tests.execution.rig import GIB, rig, warm_ones
from tests.fakes.clock import ManualClock
from tests.fakes.environments import active_function

WINDOW = 0.02
"""A little longer than one, which is as long as anybody is held."""


def pace(clock: ManualClock, wheel: TimerWheel) -> Pace:
    return Pace(clock=clock, wheel=wheel, at_once=2)


def test_so_many_begin_in_a_window_and_no_more() -> None:
    clock = ManualClock()
    pacing = pace(clock, TimerWheel(clock=clock))
    for _ in range(2):
        assert pacing.allows()
        pacing.begin()
    assert not pacing.allows()
    clock.advance(WINDOW)
    assert pacing.allows()


def test_one_that_ends_makes_room_for_the_one_that_was_held_longest() -> None:
    clock = ManualClock()
    pacing = pace(clock, TimerWheel(clock=clock))
    begun: list[str] = []

    def begin(name: str) -> bool:
        begun.append(name)
        return True

    pacing.begin()
    pacing.begin()
    pacing.hold(lambda: False)  # somebody else took it
    pacing.hold(partial(begin, "first"))
    pacing.hold(partial(begin, "second"))
    pacing.end()
    assert begun == ["first"]


async def test_an_invocation_is_held_for_one_that_is_just_done() -> None:
    async with rig(begin_at_once=2) as r:
        channels = await warm_ones(r, 3)
        r.clock.advance(WINDOW)
        ids = [r.submit() for _ in range(3)]
        assert [len(c.invokes) for c in channels] == [1, 2, 2]
        r.answer(channels[2])
        assert [len(c.invokes) for c in channels] == [1, 2, 3]
        r.answer(channels[2])
        r.answer(channels[1])
        assert all(r.outcome(request_id) for request_id in ids)


async def test_nobody_is_held_longer_than_a_window() -> None:
    async with rig(begin_at_once=2) as r:
        channels = await warm_ones(r, 3)
        r.clock.advance(WINDOW)
        for _ in range(3):
            r.submit()
        await r.passes(WINDOW, step=WINDOW)
        assert [len(c.invokes) for c in channels] == [2, 2, 2]
        for channel in channels:
            r.answer(channel)


async def test_an_invocation_that_needs_a_new_environment_is_not_held() -> None:
    async with rig(begin_at_once=2) as r:
        await warm_ones(r, 2)
        r.clock.advance(WINDOW)
        for _ in range(3):
            r.submit()
        await r.turn()
        assert len(r.channels) == 3
        await r.initialise(r.channels[2])
        for channel in r.channels:
            r.answer(channel)


async def test_held_when_the_environments_end_and_there_is_no_memory_it_is_refused() -> None:
    async with rig(begin_at_once=1) as r:
        first, second = await warm_ones(r, 2)
        r.clock.advance(WINDOW)
        r.submit()
        held = r.submit()
        assert (len(first.invokes), len(second.invokes)) == (1, 2)
        r.memory[0] = GIB // 2
        first.listener.broken("it is gone")
        await r.passes(WINDOW, step=WINDOW)
        assert isinstance(r.error(held), TooManyRequests)
        r.answer(second)


async def test_held_when_the_function_changes_it_runs_on_what_is_current() -> None:
    async with rig(begin_at_once=1) as r:
        channels = await warm_ones(r, 2)
        r.clock.advance(WINDOW)
        r.submit()
        held = r.submit()
        changed = replace(active_function(), revision_id="r2")
        r.functions.put(changed)
        r.invoker.function_changed(changed.key)
        await r.turn()
        r.answer(channels[1])
        await r.initialise(r.channels[-1])
        r.answer(r.channels[-1])
        assert r.outcome(held).payload
