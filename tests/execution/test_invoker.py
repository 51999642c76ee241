"""The entrance: admission, the coroutine beside the callbacks, stopping."""

import asyncio

import pytest

from lambent.model.errors import ServiceFailure, TooManyRequests
from lambent.model.invocation import Invocation
from tests.execution.rig import rig
from tests.fakes.environments import active_function


def invocation(request_id: str = "id-c") -> Invocation:
    """One."""
    return Invocation(
        request_id=request_id,
        function=active_function(),
        invoked_arn="arn",
        payload=b"1",
        trace_id="Root=1",
    )


async def test_an_account_runs_so_many_at_once_and_no_more() -> None:
    async with rig(limit=2) as r:
        r.submit()
        r.submit()
        with pytest.raises(TooManyRequests) as refused:
            r.submit()
        assert refused.value.members == {"Reason": "ConcurrentInvocationLimitExceeded"}
        await r.turn()
        await r.initialise(r.channels[0])
        r.answer(r.channels[0])
        r.submit()


async def test_another_region_has_its_own_concurrency() -> None:
    async with rig(limit=1) as r:
        key = active_function().key
        share = r.admission.share(key._replace(region="cn-north-1"))
        share.enter()
        r.submit()
        share.leave()


async def test_a_refused_invocation_holds_no_place() -> None:
    async with rig(limit=1, max_environments=0) as r:
        for _ in range(3):
            with pytest.raises(TooManyRequests):
                r.submit()
        assert r.admission.running == 0


async def test_the_coroutine_returns_the_outcome() -> None:
    async with rig() as r, asyncio.TaskGroup() as group:
        task = group.create_task(r.invoker.invoke(invocation()))
        await r.turn()
        await r.initialise(r.channels[0])
        assert r.channels[0].invokes[0].payload == b"1"
        r.answer(r.channels[0])
        assert (await task).payload == b'"ok"'


async def test_the_coroutine_raises_what_came_instead() -> None:
    async with rig() as r, asyncio.TaskGroup() as group:
        task = group.create_task(_error(r.invoker.invoke(invocation())))
        await r.turn()
        r.invoker.close()
        assert isinstance(await task, ServiceFailure)


async def _error(running: "asyncio.Future[object] | object") -> BaseException:
    with pytest.raises(ServiceFailure) as raised:
        await running  # type: ignore[misc]  # a coroutine, of whatever it returns
    return raised.value


async def test_who_stops_waiting_does_not_stop_the_invocation() -> None:
    async with rig() as r, asyncio.TaskGroup() as group:
        task = group.create_task(r.invoker.invoke(invocation()))
        await r.turn()
        await r.initialise(r.channels[0])
        task.cancel()
        await r.turn()
        assert r.invoker.running == 1
        r.answer(r.channels[0])
        assert r.invoker.running == 0
        assert len(r.sandboxes.alive) == 1


async def test_draining_refuses_what_is_new_and_waits_for_what_runs() -> None:
    async with rig() as r, asyncio.TaskGroup() as group:
        channel = await r.warm()
        running = r.submit()
        drain = group.create_task(r.invoker.drain(within_seconds=30))
        await r.turn()
        assert not drain.done()
        with pytest.raises(ServiceFailure, match="stopping"):
            r.submit()
        r.answer(channel)
        assert r.outcome(running).function_error == ""
        await drain


async def test_draining_ends_in_time() -> None:
    async with rig() as r:
        await r.warm()
        running = r.submit()
        await r.invoker.drain(within_seconds=0)
        assert r.results[running] == []


async def test_draining_an_idle_invoker_returns_at_once() -> None:
    async with rig() as r:
        await r.invoker.drain(within_seconds=30)


async def test_a_settle_that_raises_leaves_the_environment_usable() -> None:
    async with rig() as r:
        channel = await r.warm()

        def settle(result: object) -> None:
            raise RuntimeError(str(result))

        r.invoker.submit(invocation("id-x"), settle)
        with pytest.raises(RuntimeError):
            r.answer(channel)
        request_id = r.submit()
        r.answer(channel)
        assert r.outcome(request_id).function_error == ""
