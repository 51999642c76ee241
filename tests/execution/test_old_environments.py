"""Environments end before their credentials do, which they have for good."""

from tests.execution.rig import rig, warm_ones


async def test_an_environment_takes_nothing_more_before_its_credentials_expire() -> None:
    async with rig() as r:
        old, busy = await warm_ones(r, 2)
        r.submit()
        r.clock.advance(11 * 3600 - 2)
        r.submit()
        assert len(old.invokes) == 2, "until then it is used"
        r.answer(old)
        r.clock.advance(2)
        r.submit()
        await r.turn()
        assert len(old.invokes) == 2
        assert len(r.channels) == 3, "a new one takes its place"
        r.answer(busy)
        await r.turn()
        assert len(busy.invokes) == 2, "one that was busy answers, and takes what waits no more"
        await r.initialise(r.channels[2])
        assert len(r.channels[2].invokes) == 1
        r.answer(r.channels[2])
        await r.passes(1)
        assert len(r.sandboxes.alive) == 1


async def test_an_idle_environment_is_ended_before_its_credentials_expire() -> None:
    async with rig(idle_seconds=100 * 3600) as r:
        await r.warm()
        await r.passes(11 * 3600 - 60, step=3600)
        assert len(r.sandboxes.alive) == 1
        await r.passes(61, step=1)
        assert not r.sandboxes.alive
