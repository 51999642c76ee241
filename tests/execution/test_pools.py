"""Which environment an invocation gets, when new ones are started, and when old ones go."""

import pytest

from lambent.model.errors import (
    ServiceFailure,
    TooManyRequests,
)
from lambent.sandbox.port import Ending
from tests.execution.rig import GIB, rig, warm_ones
from tests.fakes.environments import active_function


async def test_the_environment_used_last_is_used_next() -> None:
    async with rig() as r:
        first, second, third = await warm_ones(r, 3)
        r.submit()
        r.submit()
        assert [len(c.invokes) for c in (first, second, third)] == [1, 2, 2]
        r.answer(third)
        r.submit()
        assert len(third.invokes) == 3
        for channel in (second, third):
            r.answer(channel)


async def test_a_freed_environment_takes_the_oldest_waiting_invocation() -> None:
    async with rig() as r:
        channel = await r.warm()
        r.submit()
        waiting = [r.submit(), r.submit()]
        r.answer(channel)
        assert channel.invokes[-1].request_id == waiting[0]
        r.answer(channel)
        assert channel.invokes[-1].request_id == waiting[1]
        r.answer(channel)


async def test_an_environment_that_comes_up_too_late_waits_for_the_next_invocation() -> None:
    async with rig() as r:
        channel = await r.warm()
        r.submit()
        r.submit()
        r.answer(channel)
        r.answer(channel)
        await r.turn()
        late = r.channels[-1]
        await r.initialise(late)
        assert late.invokes == []
        r.submit()
        assert len(late.invokes) == 1
        r.answer(late)


async def test_only_so_many_environments_boot_at_a_time_and_functions_take_turns() -> None:
    async with rig(at_once=2) as r:
        other = active_function("other")
        r.functions.put(other)
        for _ in range(5):
            r.submit()
        r.submit(other)
        await r.turn()
        assert len(r.channels) == 2
        await r.boot(r.channels[0])
        await r.boot(r.channels[1])
        assert len(r.channels) == 4
        names = []
        for channel in r.channels[:]:
            await r.boot(channel) if not channel.starts else None
            names.append(channel.starts[0].environ["NAME"])
        assert "other" in names
        assert names.count("hello") == 3


async def test_a_slow_init_holds_back_no_other_start() -> None:
    async with rig(at_once=1) as r:
        other = active_function("other")
        r.functions.put(other)
        r.submit()
        r.submit(other)
        await r.turn()
        await r.boot(r.channels[0])
        assert len(r.channels) == 2


async def test_idle_environments_are_reaped_after_a_while() -> None:
    async with rig() as r:
        await warm_ones(r, 2)
        await r.passes(300)
        r.submit()
        r.answer(r.channels[1])
        await r.passes(302)
        assert len(r.sandboxes.alive) == 1
        await r.passes(302)
        assert not r.sandboxes.alive


async def test_short_memory_ends_what_was_least_recently_used() -> None:
    async with rig() as r:
        (old,) = await warm_ones(r, 1, "old")
        await r.passes(5)
        (young,) = await warm_ones(r, 1, "young")
        r.memory[0] = GIB - 1
        await r.passes(1.1)
        assert (old.closed, young.closed) == (1, 0)
        r.memory[0] = GIB // 2
        await r.passes(1.1)
        assert young.closed


async def test_an_unused_environment_of_another_function_makes_way_when_the_host_is_full() -> None:
    async with rig(max_environments=2) as r:
        await warm_ones(r, 2, "old")
        await r.passes(11)
        request_id = r.submit()
        await r.turn()
        assert len(r.sandboxes.alive) == 2
        await r.initialise(r.channels[-1])
        r.answer(r.channels[-1])
        assert r.outcome(request_id).function_error == ""


async def test_one_that_was_used_just_now_does_not_make_way() -> None:
    async with rig(max_environments=2) as r:
        await warm_ones(r, 2, "busy")
        with pytest.raises(TooManyRequests) as refused:
            r.submit()
        assert refused.value.reason == "ConcurrentInvocationLimitExceeded"
        assert refused.value.message == "Rate Exceeded."
        assert len(r.sandboxes.alive) == 2


async def test_a_host_without_memory_refuses_new_environments_and_serves_the_warm_ones() -> None:
    async with rig() as r:
        channel = await r.warm()
        r.memory[0] = GIB
        warm = r.submit()
        with pytest.raises(TooManyRequests):
            r.submit()
        r.answer(channel)
        assert r.outcome(warm).function_error == ""


async def test_memory_promised_to_environments_under_way_counts() -> None:
    async with rig() as r:
        r.memory[0] = GIB + 100 * 1_048_576
        r.submit()
        r.submit()
        with pytest.raises(TooManyRequests):
            r.submit()


async def test_a_function_that_calls_itself_without_end_leaves_room_for_others() -> None:
    async with rig(max_environments=40) as r:
        with pytest.raises(TooManyRequests):
            for _ in range(1000):
                r.submit()
                await r.turn()
                await r.initialise(r.channels[-1])
        assert len(r.channels) == 36
        other = active_function("other")
        r.functions.put(other)
        request_id = r.submit(other)
        await r.turn()
        await r.initialise(r.channels[-1])
        r.answer(r.channels[-1])
        assert r.outcome(request_id).function_error == ""


async def test_a_dead_spawner_is_waited_for() -> None:
    async with rig() as r:
        r.sandboxes.failing.add("make")
        request_id = r.submit()
        await r.passes(3)
        assert r.results[request_id] == []
        r.sandboxes.failing.clear()
        await r.passes(1.5)
        await r.initialise(r.channels[-1])
        r.answer(r.channels[-1])
        assert r.outcome(request_id).function_error == ""
        assert r.sandboxes.attempts < 12


async def test_a_spawner_that_stays_dead_is_a_service_failure_and_hurts_no_warm_call() -> None:
    async with rig() as r:
        channel = await r.warm()
        r.sandboxes.failing.add("make")
        warm = r.submit()
        cold = r.submit()
        await r.passes(2.5)
        r.answer(channel)
        assert r.outcome(warm).function_error == ""
        assert channel.invokes[-1].request_id == cold  # a freed environment is as good as a new one
        other = active_function("other")
        r.functions.put(other)
        lost = r.submit(other)
        r.answer(channel)
        await r.passes(10.5)
        assert isinstance(r.error(lost), ServiceFailure)
        assert r.error(lost).status == 500


async def test_a_spawner_that_does_not_answer_is_a_service_failure_too() -> None:
    async with rig() as r:
        r.sandboxes.held.add("make")
        request_id = r.submit()
        await r.passes(10.5)
        assert isinstance(r.error(request_id), ServiceFailure)
        r.sandboxes.release("make")
        await r.turn()
        await r.initialise(r.channels[0])
        again = r.submit()
        r.answer(r.channels[0])
        assert r.outcome(again).function_error == ""


async def test_who_waits_while_memory_has_run_out_is_throttled_in_the_end() -> None:
    async with rig(at_once=1) as r:
        slow = active_function("slow", timeout_seconds=60)
        r.functions.put(slow)
        r.submit(slow)
        waiting = r.submit()
        await r.turn()
        r.memory[0] = GIB
        await r.initialise(r.channels[0])
        await r.passes(10.5)
        assert isinstance(r.error(waiting), TooManyRequests)
        r.answer(r.channels[0])


async def test_an_interpreter_that_does_not_come_up_is_given_up() -> None:
    async with rig() as r:
        request_id = r.submit()
        await r.passes(10.5)
        assert r.sandboxes.made[0].killed
        await r.passes(10)
        assert isinstance(r.error(request_id), ServiceFailure)


async def test_a_bind_that_fails_is_tried_in_another_environment() -> None:
    async with rig() as r:
        r.sandboxes.failing.add("bind")
        request_id = r.submit()
        await r.turn()
        await r.boot(r.channels[0])
        r.sandboxes.failing.clear()
        await r.passes(0.5)
        await r.initialise(r.channels[1])
        r.answer(r.channels[1])
        assert r.outcome(request_id).function_error == ""


async def test_a_bind_that_fails_in_the_second_init_gives_the_invocation_back() -> None:
    async with rig() as r:
        request_id = r.submit()
        await r.turn()
        await r.boot(r.channels[0])
        r.sandboxes.made[0].exits(Ending(exit_status=1))
        await r.turn()
        await r.passes(0.5)
        r.sandboxes.failing.add("bind")
        await r.boot(r.channels[1])
        r.sandboxes.failing.clear()
        await r.passes(0.5)
        await r.initialise(r.channels[2])
        assert r.captures[-1].key == r.captures[0].key
        r.answer(r.channels[2])
        assert r.outcome(request_id).function_error == ""


async def test_many_that_wait_for_their_turn_are_not_given_up() -> None:
    async with rig(at_once=1) as r:
        slow = active_function("slow", timeout_seconds=60)
        r.functions.put(slow)
        ids = [r.submit(slow) for _ in range(4)]
        for _ in ids:
            await r.passes(6)
            await r.initialise(r.channels[-1])
        for channel in r.channels:
            r.answer(channel)
        assert all(r.outcome(i).function_error == "" for i in ids)
