"""Provisioned concurrency that is changed, moved, ended, and what runs beside it (reference 02 §6, §12)."""

import pytest

from lambent.model.concurrency import ProvisionedStanding
from lambent.model.errors import ServiceFailure, TooManyRequests
from lambent.model.traffic import Traffic
from tests.execution.provisioned import Kept, published
from tests.execution.rig import Rig, rig
from tests.fakes.environments import FakeChannel, active_function

RESERVED = "ReservedFunctionConcurrentInvocationLimitExceeded"
UNRESERVED = "ConcurrentInvocationLimitExceeded"


async def settled(r: Rig, *channels: FakeChannel) -> None:
    for channel in channels:
        r.answer(channel)
    await r.turn()


async def test_more_are_added_and_too_many_end_the_busy_when_they_are_done() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        await kept.ready(1)
        channels = await kept.ready(3)
        called = r.submit(kept.function)
        (working,) = [c for c in channels if c.invokes]
        kept.keep(1)
        await r.turn()
        assert [c for c in channels if not c.closed] == [working]
        assert kept.standing() == (1, 1, 1, "")
        await settled(r, working)
        assert r.outcome(called).function_error == ""
        assert not working.closed


async def test_a_busy_one_too_many_ends_when_it_is_done() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        channels = await kept.ready(2)
        for _ in range(2):
            r.submit(kept.function)
        kept.keep(1)
        await settled(r, *channels)
        assert len(kept.open_channels()) == 1
        assert kept.standing() == (1, 1, 1, "")


async def test_those_that_start_are_called_off_too() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        kept.keep(4)
        await r.turn()
        kept.keep(1)
        await kept.initialise()
        assert kept.standing() == (1, 1, 1, "")
        assert len(kept.open_channels()) == 1


async def test_none_are_left_of_a_configuration_that_is_deleted() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        channels = await kept.ready(2)
        told: list[ProvisionedStanding] = []
        r.provisioning.watch(told.append)
        called = r.submit(kept.function)
        kept.keep(0)
        await r.turn()
        assert told[-1].requested == 0
        assert [c for c in channels if not c.closed] == [c for c in channels if c.invokes]
        await settled(r, *[c for c in channels if c.invokes])
        assert r.outcome(called).function_error == ""
        assert not r.sandboxes.alive
        assert r.provisioning.by_revision == {}


async def test_what_ends_late_says_nothing_of_what_came_after() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        (old,) = await kept.ready(1)
        r.submit(kept.function)
        kept.keep(0)
        kept.keep(1)
        await kept.initialise()
        told: list[ProvisionedStanding] = []
        r.provisioning.watch(told.append)
        await settled(r, old)
        assert old.closed
        assert [one.requested for one in told] == [1]
        assert kept.standing() == (1, 1, 1, "")


async def test_an_alias_that_moves_takes_them_to_its_version() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        second = published("2")
        r.functions.put(second)
        channels = await kept.ready(2)
        called = r.submit(kept.function)
        kept.guide({"live": 2}, version="2")
        assert kept.standing() == (2, 2, 0, "")
        await settled(r, *[c for c in channels if c.invokes])
        assert r.outcome(called).executed_version == "1"
        assert all(c.closed for c in channels)
        await kept.initialise()
        assert kept.standing() == (2, 2, 2, "")
        called = r.submit(second)
        r.answer(next(c for c in kept.open_channels() if c.invokes))
        assert r.outcome(called).executed_version == "2"


async def test_versions_that_change_places_are_both_kept() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        r.functions.put(published("2"))
        kept.guide({"live": 1, "2": 1})
        await kept.initialise()
        kept.guide({"live": 1, "1": 1}, version="2")
        await r.passes(2)
        await kept.initialise()
        assert len(r.provisioning.by_revision) == 2
        assert len(kept.open_channels()) == 2


async def test_nothing_but_them_runs_when_all_that_is_reserved_is_provisioned() -> None:
    """Reference 02 §12, example 2 (recorded)."""
    async with rig() as r:
        kept = Kept(rig=r, reserved=5)
        await kept.ready(5)
        for _ in range(5):
            r.submit(kept.function)
        for function in (kept.function, active_function()):
            with pytest.raises(TooManyRequests) as error:
                r.submit(function)
            assert error.value.reason == RESERVED
        await settled(r, *kept.open_channels())
        with pytest.raises(TooManyRequests):
            r.submit(active_function())


async def test_until_they_are_there_the_reservation_is_used_on_demand() -> None:
    async with rig() as r:
        kept = Kept(rig=r, reserved=1)
        kept.keep(1)
        await r.turn()
        provisioned = r.channels[0]
        called = r.submit(kept.function)
        await r.turn()
        await r.initialise(provisioned)
        assert kept.standing() == (1, 1, 1, "")
        with pytest.raises(TooManyRequests) as error:  # idle as it is: one runs already
            r.submit(kept.function)
        assert error.value.reason == RESERVED
        await r.initialise(r.channels[1])
        r.answer(r.channels[1])
        assert r.outcome(called).function_error == ""
        r.submit(kept.function)
        assert provisioned.invokes


async def test_they_are_taken_from_what_is_left_to_the_others() -> None:
    async with rig(limit=3) as r:
        kept = Kept(rig=r)
        await kept.ready(2)
        r.submit(active_function())
        with pytest.raises(TooManyRequests) as error:
            r.submit(active_function())
        assert error.value.reason == UNRESERVED
        for _ in range(2):
            r.submit(kept.function)
        with pytest.raises(TooManyRequests) as error:
            r.submit(kept.function)
        assert error.value.reason == UNRESERVED


async def test_what_the_pace_holds_back_runs_in_them_too() -> None:
    async with rig(begin_at_once=1) as r:
        kept = Kept(rig=r)
        channels = await kept.ready(2)
        first, second, third = (r.submit(kept.function) for _ in range(3))
        (working,) = [c for c in channels if c.invokes]
        await settled(r, working)
        await settled(r, working)
        assert [r.outcome(one).function_error for one in (first, second)] == ["", ""]
        assert r.results[third] == []
        assert len(r.channels) == 3  # on demand: only two could be held for two


async def test_what_was_held_for_one_that_died_runs_on_demand() -> None:
    async with rig(begin_at_once=1) as r:
        kept = Kept(rig=r)
        channels = await kept.ready(2)
        r.submit(kept.function)
        held = r.submit(kept.function)
        next(c for c in channels if not c.invokes).listener.broken("gone")
        await r.passes(0.05, step=0.01)
        on_demand = next(c for c in r.channels if c not in channels)
        await r.initialise(on_demand)
        r.answer(on_demand)
        assert r.outcome(held).executed_version == "1"


async def test_old_ones_are_replaced_one_after_the_other() -> None:
    """Their credentials expire."""
    async with rig() as r:
        kept = Kept(rig=r)
        channels = await kept.ready(3)
        await r.passes(10 * 3600 + 1, step=600)
        for closed in (1, 2, 3):
            await r.passes(1)
            assert kept.standing()[2] >= 2
            await kept.initialise()
            assert sum(c.closed for c in channels) >= closed - 1
        await r.passes(2)
        await kept.initialise()
        assert all(c.closed for c in channels)
        assert kept.standing() == (3, 3, 3, "")


async def test_those_of_a_deleted_function_end_at_once_on_a_reset() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        await kept.ready(2)
        called = r.submit(kept.function)
        r.provisioning.guide(Traffic(key=kept.function.key.latest))
        del r.functions.known[kept.function.key]
        r.invoker.function_changed(kept.function.key)
        await r.invoker.end_deleted()
        assert not r.sandboxes.alive
        assert isinstance(r.error(called), ServiceFailure)


async def test_once_closed_none_is_started_any_more() -> None:
    async with rig() as r:
        kept = Kept(rig=r)
        await kept.ready(1)
        r.invoker.close()
        await r.passes(1)
        kept.keep(2)
        r.invoker.function_changed(kept.function.key)
        await r.passes(5)
        assert not r.sandboxes.alive
