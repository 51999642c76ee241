"""Provisioned concurrency (reference 02 §6, §7, §12; 03 §7): environments that are really kept."""

from dataclasses import replace

import pytest

from lambent.model.errors import TooManyRequests
from lambent.model.function import State
from lambent.runtime_api.port import RuntimeFault
from tests.execution.provisioned import Kept, published
from tests.execution.rig import GIB, Rig, rig
from tests.fakes.environments import FakeChannel, active_function


def busy(channels: list[FakeChannel]) -> list[FakeChannel]:
    return [c for c in channels if c.invokes]


async def test_as_many_as_are_configured_are_initialised_before_anything_is_invoked() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        kept.keep(2)
        assert kept.standing() == (2, 2, 0, "")
        await kept.initialise()
        assert kept.standing() == (2, 2, 2, "")
        channels = kept.open_channels()
        assert [c.starts[0].environ["READY"] for c in channels] == ["yes", "yes"]
        assert busy(channels) == []


async def test_what_they_run_tells_of_no_init() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        (channel,) = await kept.ready(1)
        called = r.submit(kept.function, wants_tail=True)
        r.answer(channel)
        tail = r.outcome(called).log_tail.decode()
        assert "REPORT" in tail
        assert "Init" not in tail
        assert r.outcome(called).executed_version == "1"
        lines = kept.capture_of(channel).lines
        assert [line.split()[0] for line in lines] == ["INIT_START", "START", "END", "REPORT"]


async def test_what_is_above_their_number_spills_over() -> None:
    """Reference 02 §12, example 3, smaller."""
    async with rig() as r:
        kept = Kept(rig=r)
        await kept.ready(2)
        for _ in range(3):
            r.submit(kept.function)
        assert len(busy(kept.open_channels())) == 2
        await r.turn()
        spilled = r.channels[-1]
        assert len(r.channels) == 3
        await r.initialise(spilled)
        assert "READY" not in spilled.starts[0].environ
        for channel in r.channels:
            r.answer(channel)
        report = kept.capture_of(spilled).lines[-1]
        assert "Init Duration" in report
        r.submit(kept.function)
        assert [len(c.invokes) for c in r.channels[:2]].count(2) == 1  # they come first again


async def test_other_versions_do_not_get_them() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        (channel,) = await kept.ready(1)
        r.submit(active_function())
        assert channel.invokes == []
        await r.turn()
        await r.initialise(r.channels[-1])
        assert "READY" not in r.channels[-1].starts[0].environ


async def test_they_are_kept_unused_and_frozen() -> None:
    async with rig(idle_seconds=30) as r:
        kept = Kept(rig=r)
        channels = await kept.ready(2)
        await r.passes(600, step=5)
        assert kept.open_channels() == channels
        assert kept.standing() == (2, 2, 2, "")
        assert all(sandbox.frozen for sandbox in r.sandboxes.made)
        assert r.pools.frozen == 2
        called = r.submit(kept.function)
        r.answer(busy(channels)[0])
        assert r.outcome(called).function_error == ""


async def test_room_for_others_is_not_made_of_them() -> None:
    async with rig(max_environments=2) as r:
        kept = Kept(rig=r)
        await kept.ready(2)
        await r.passes(30)
        with pytest.raises(TooManyRequests):
            r.submit(active_function())
        assert kept.standing() == (2, 2, 2, "")


async def test_one_that_dies_is_replaced() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        channels = await kept.ready(2)
        await r.passes(20)
        channels[0].listener.broken("gone")
        await r.turn()
        assert kept.standing() == (2, 2, 1, "")
        await kept.initialise()
        assert kept.standing() == (2, 2, 2, "")


async def test_one_that_an_invocation_ends_is_replaced() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        await kept.ready(1)
        await r.passes(20)
        called = r.submit(kept.function)
        await r.passes(4)  # its timeout is 3 s
        assert r.outcome(called).function_error == "Unhandled"
        await kept.initialise()
        assert kept.standing() == (1, 1, 1, "")


async def test_one_that_dies_young_is_replaced_later_and_later() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        await kept.ready(1)
        waited: list[int] = []
        for _ in range(5):
            kept.open_channels()[0].listener.broken("gone")
            await r.turn()
            assert kept.standing() == (1, 0, 0, "")
            waited.append(await _seconds_until_started(r))
            await kept.initialise()
        assert waited == sorted(waited)
        assert waited[-1] >= 10
        await r.passes(30)  # it is well by now
        kept.open_channels()[0].listener.broken("gone")
        await r.turn()
        assert kept.standing() == (1, 1, 0, "")


async def _seconds_until_started(r: Rig) -> int:
    before, seconds = len(r.channels), 0
    while len(r.channels) == before:
        seconds += 1
        await r.passes(1)
    return seconds


async def test_at_most_four_are_started_at_once() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        kept.keep(10)
        await r.turn()
        assert kept.standing() == (10, 4, 0, "")
        await kept.initialise()
        assert kept.standing() == (10, 10, 10, "")


async def test_an_init_that_fails_is_told_and_tried_again_until_it_succeeds() -> None:
    """The reason is recorded: reference 01 §10."""
    async with rig() as r:
        kept = Kept(rig=r)
        kept.keep(1)
        await r.turn()
        await _fail_init(r)
        assert kept.standing() == (1, 0, 0, "FUNCTION_ERROR_INIT_FAILURE")
        lines = r.captures[-1].lines
        assert lines[0].startswith("INIT_START")
        assert "Phase: init\tStatus: error" in lines[-1]
        await r.passes(2)
        await r.boot(r.channels[-1])
        assert kept.standing() == (1, 1, 0, "FUNCTION_ERROR_INIT_FAILURE")
        await kept.initialise()
        assert kept.standing() == (1, 1, 1, "")


async def test_inits_that_fail_are_tried_again_ever_more_seldom() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        kept.keep(1)
        await r.turn()
        for _ in range(300):
            if not r.channels[-1].closed:
                await _fail_init(r)
            await r.passes(1)
        assert 5 < len(r.channels) < 20


async def _fail_init(r: Rig) -> None:
    channel = r.channels[-1]
    if not channel.starts:
        await r.boot(channel)
    channel.listener.init_failed(RuntimeFault(error_type="Runtime.ImportModuleError", body=b"{}"))
    await r.passes(0.3, step=0.1)


async def test_an_init_may_take_longer_than_one_on_demand() -> None:
    """Reference 02 §7: 130 s, or the function's timeout if that is more."""
    async with rig() as r:
        kept = Kept(rig=r)
        kept.keep(1)
        await r.turn()
        await r.boot(r.channels[0])
        await r.passes(125, step=5)
        assert kept.standing() == (1, 1, 0, "")
        await r.passes(10, step=1)
        assert kept.standing()[3] == "FUNCTION_ERROR_INIT_FAILURE"


async def test_an_init_may_take_as_long_as_an_invocation() -> None:
    async with rig() as r:
        kept = Kept(rig=r, function=published(timeout_seconds=900))
        kept.keep(1)
        await r.turn()
        await r.boot(r.channels[0])
        await r.passes(890, step=10)
        assert kept.standing() == (1, 1, 0, "")
        await r.initialise(r.channels[0])
        assert kept.standing() == (1, 1, 1, "")


async def test_what_the_memory_does_not_hold_is_never_available_and_comes_with_it() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        r.memory[0] = GIB // 2
        kept.keep(2)
        await r.passes(30)
        assert kept.standing() == (2, 0, 0, "")
        assert r.sandboxes.made == []
        r.memory[0] = 16 * GIB
        await r.passes(2)
        await kept.initialise()
        assert kept.standing() == (2, 2, 2, "")


async def test_for_want_of_room_what_is_unused_on_demand_goes_first() -> None:
    async with rig(max_environments=1) as r:
        kept = Kept(rig=r)
        unused = await r.warm()
        kept.keep(1)
        await r.passes(5)
        assert not unused.closed
        await r.passes(15)
        assert unused.closed
        await kept.initialise()
        assert kept.standing() == (1, 1, 1, "")


async def test_a_spawner_that_makes_nothing_is_asked_again() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        r.sandboxes.failing.add("make")
        kept.keep(1)
        await r.passes(5)
        assert kept.standing()[2:] == (0, "")
        r.sandboxes.failing.discard("make")
        await r.passes(5)
        await kept.initialise()
        assert kept.standing() == (1, 1, 1, "")


async def test_a_version_is_provided_for_once_it_is_active() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        active = kept.function
        r.functions.put(replace(active, state=State.PENDING, revision_id="pending"))
        kept.keep(1)
        await r.passes(3)
        assert kept.standing() == (1, 0, 0, "")
        r.functions.put(active)
        r.invoker.function_changed(active.key)
        await kept.initialise()
        assert kept.standing() == (1, 1, 1, "")


async def test_a_version_that_cannot_run_tells_why() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        r.functions.put(
            replace(kept.function, state=State.FAILED, state_reason="Nothing runs it here.")
        )
        kept.keep(1)
        assert kept.standing() == (1, 0, 0, "Nothing runs it here.")
        r.functions.put(replace(kept.function, runtime="perl"))
        r.invoker.function_changed(kept.function.key)
        assert kept.standing()[3] == "The runtime perl is not installed on this host."
