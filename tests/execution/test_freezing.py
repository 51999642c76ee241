"""Idle environments stand still, and go on as soon as they are needed."""

from tests.execution.rig import Rig, rig, warm_ones
from tests.fakes.environments import FakeChannel, FakeSandbox, active_function


def sandbox_of(r: Rig, channel: FakeChannel) -> FakeSandbox:
    return next(sandbox for sandbox in r.sandboxes.made if sandbox is channel.sandbox)


async def test_an_idle_environment_is_frozen_after_a_tenth_of_a_second() -> None:
    async with rig() as r:
        sandbox = sandbox_of(r, await r.warm())
        await r.passes(0.09, step=0.03)
        assert not sandbox.frozen
        await r.passes(0.12, step=0.03)
        assert sandbox.frozen
        assert sandbox.freezes == 1


async def test_one_that_is_used_again_and_again_is_never_frozen() -> None:
    async with rig() as r:
        channel = await r.warm()
        for _ in range(20):
            await r.passes(0.06, step=0.03)
            r.submit()
            r.answer(channel)
        assert sandbox_of(r, channel).freezes == 0


async def test_a_frozen_one_is_thawed_by_its_next_invocation_and_frozen_again_after_it() -> None:
    async with rig() as r:
        channel = await r.warm()
        sandbox = sandbox_of(r, channel)
        await r.passes(0.3, step=0.05)
        request_id = r.submit()
        await r.turn()
        assert not sandbox.frozen
        await r.passes(0.5, step=0.05)
        assert sandbox.freezes == 1  # it is busy
        r.answer(channel)
        assert r.outcome(request_id).function_error == ""
        await r.passes(0.3, step=0.05)
        assert sandbox.frozen
        assert (sandbox.freezes, sandbox.thaws) == (2, 1)


async def test_an_invocation_that_meets_one_that_is_being_frozen_thaws_it_afterwards() -> None:
    async with rig() as r:
        channel = await r.warm()
        r.sandboxes.held.add("freezer")
        await r.passes(0.3, step=0.05)
        r.submit()
        r.sandboxes.release("freezer")
        await r.turn()
        assert not sandbox_of(r, channel).frozen
        r.answer(channel)


async def test_an_invocation_whose_environment_cannot_be_thawed_is_told_soon() -> None:
    async with rig() as r:
        channel = await r.warm()
        await r.passes(0.3, step=0.05)
        r.sandboxes.failing.add("thaw")
        request_id = r.submit()
        await r.passes(0.5, step=0.1)
        assert r.outcome(request_id).function_error == "Unhandled"
        assert channel.closed


async def test_a_frozen_one_can_be_ended() -> None:
    async with rig(idle_seconds=5) as r:
        channel = await r.warm()
        await r.passes(0.3, step=0.05)
        assert sandbox_of(r, channel).frozen
        await r.passes(7)
        assert channel.closed
        assert r.room.live == 0


async def test_the_one_used_last_is_used_next_frozen_or_not() -> None:
    async with rig() as r:
        first, last = await warm_ones(r, 2)
        await r.passes(0.3, step=0.05)
        r.submit(active_function())
        assert (len(first.invokes), len(last.invokes)) == (1, 2)
        r.answer(last)


async def test_many_are_frozen_a_few_at_a_time_so_that_other_orders_do_not_wait() -> None:
    async with rig(at_once=40) as r:
        channels = await warm_ones(r, 40)
        await r.passes(0.13, step=0.13)
        frozen = [sandbox_of(r, channel).frozen for channel in channels]
        assert 0 < sum(frozen) < 40
        assert frozen == sorted(frozen, reverse=True)  # the oldest first
        await r.passes(0.3, step=0.05)
        assert all(sandbox_of(r, channel).frozen for channel in channels)
        assert {sandbox.freezes for sandbox in r.sandboxes.made} == {1}
