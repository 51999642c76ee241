"""What becomes of environments and of who waits when a function changes or its credentials run out."""

from dataclasses import replace

import pytest

from lambent.model.errors import (
    FunctionNotFound,
    InvalidRuntime,
    ResourceConflict,
)
from lambent.model.function import State
from tests.execution.rig import rig, warm_ones
from tests.fakes.environments import active_function


async def test_a_new_version_ends_idle_environments_at_once_and_busy_ones_after_their_invocation() -> (
    None
):
    async with rig() as r:
        idle, busy = await warm_ones(r, 2)
        running = r.submit()
        new = active_function(revision="r2")
        r.functions.put(new)
        r.invoker.function_changed(new.key)
        await r.turn()
        assert (idle.closed, busy.closed) == (1, 0)
        r.answer(busy)
        await r.turn()
        assert r.outcome(running).function_error == ""
        assert busy.closed
        request_id = r.submit(new)
        await r.turn()
        await r.initialise(r.channels[-1])
        r.answer(r.channels[-1])
        assert r.outcome(request_id).function_error == ""


async def test_what_waits_runs_on_what_is_current() -> None:
    async with rig() as r:
        request_id = r.submit()
        await r.turn()
        new = active_function(revision="r2", memory_mb=512)
        r.functions.put(new)
        r.invoker.function_changed(new.key)
        await r.turn()
        assert r.sandboxes.made[0].killed
        await r.initialise(r.channels[-1])
        assert r.sandboxes.made[-1].plan.memory_mb == 512
        r.answer(r.channels[-1])
        assert r.outcome(request_id).function_error == ""


async def test_what_waits_for_a_deleted_function_is_not_found() -> None:
    async with rig() as r:
        request_id = r.submit()
        await r.turn()
        key = active_function().key
        del r.functions.known[key]
        r.invoker.function_changed(key)
        assert isinstance(r.error(request_id), FunctionNotFound)
        with pytest.raises(FunctionNotFound):
            r.submit()


async def test_a_stale_invocation_runs_on_what_is_current_and_changes_nothing() -> None:
    async with rig() as r:
        old = active_function()
        new = active_function(revision="r2")
        r.functions.put(new)
        channel = await r.warm(new)
        request_id = r.submit(old)
        r.answer(channel)
        assert r.outcome(request_id).function_error == ""
        assert not channel.closed


async def test_a_version_that_is_not_active_is_refused() -> None:
    async with rig() as r:
        pending = replace(active_function("pending"), state=State.PENDING)
        r.functions.put(pending)
        with pytest.raises(ResourceConflict, match="following state: Pending"):
            r.submit(pending)
        failed = replace(
            active_function("failed"),
            state=State.FAILED,
            state_reason="install it",
            state_reason_code="InvalidRuntime",
        )
        r.functions.put(failed)
        with pytest.raises(InvalidRuntime, match="install it"):
            r.submit(failed)
        gone = replace(active_function("gone"), runtime="python3.99")
        r.functions.put(gone)
        with pytest.raises(InvalidRuntime, match=r"python3\.99 is not installed"):
            r.submit(gone)


async def test_a_change_that_is_none_ends_nothing() -> None:
    async with rig() as r:
        channel = await r.warm()
        r.invoker.function_changed(active_function().key)
        r.invoker.function_changed(active_function("unknown").key)
        await r.turn()
        assert not channel.closed
