"""Stem cells: there before they are needed, used once."""

from lambent.sandbox.port import Ending
from tests.execution.rig import GIB, Rig, rig
from tests.fakes.environments import active_function

PYTHON = "python3.11"


async def with_a_cell(r: Rig) -> None:
    """Let the cell that is kept come up."""
    await r.turn()
    await r.boot(r.channels[-1])
    assert r.cells.waiting == 1


async def test_a_cold_start_takes_a_waiting_cell_and_limits_its_memory_before_the_code_runs() -> (
    None
):
    async with rig(kept=(PYTHON,)) as r:
        await with_a_cell(r)
        request_id = r.submit(active_function(memory_mb=128))
        await r.turn()
        assert len(r.sandboxes.made) == 1
        assert len(r.channels[0].starts) == 1
        assert r.sandboxes.made[0].stores == []
        assert r.sandboxes.made[0].limits == []  # it had the function's MemorySize already
        r.channels[0].listener.init_finished(peak_memory_bytes=0)
        r.answer(r.channels[0])
        assert r.outcome(request_id).function_error == ""
        big = active_function("big", memory_mb=1769)
        r.functions.put(big)
        await r.passes(1.1)
        await with_a_cell(r)
        r.submit(big)
        await r.turn()
        assert r.sandboxes.made[1].limits == [(1769, None)]
        assert r.sandboxes.made[1].bound is not None


async def test_a_cell_is_used_by_one_function_once() -> None:
    async with rig(kept=(PYTHON,)) as r:
        await with_a_cell(r)
        r.submit()
        other = active_function("other")
        r.functions.put(other)
        r.submit(other)
        await r.turn()
        assert [c.starts[0].environ["NAME"] for c in r.channels if c.starts] == ["hello"]
        assert len(r.sandboxes.made) == 2


async def test_a_cell_gets_the_storage_of_the_function_that_takes_it() -> None:
    async with rig(kept=(PYTHON,)) as r:
        await with_a_cell(r)
        wide = active_function("wide", ephemeral_storage_mb=1024)
        r.functions.put(wide)
        r.submit(wide)
        await r.turn()
        assert r.sandboxes.made[0].stores == [1024]
        assert len(r.channels[0].starts) == 1


async def test_runtimes_in_use_get_their_cells_back_when_nothing_boots() -> None:
    async with rig(per_runtime=2) as r:
        await r.turn()
        assert r.channels == []
        r.submit()
        await r.passes(1.0, step=0.2)
        assert len(r.channels) == 1  # the invocation's own boot comes first
        await r.initialise(r.channels[0])
        r.answer(r.channels[0])
        await r.passes(1.1)
        assert len(r.channels) == 2  # one at a time
        await r.boot(r.channels[1])
        await r.boot(r.channels[2])
        assert r.cells.waiting == 2


async def test_cells_of_runtimes_that_are_not_used_any_more_go_but_the_kept_ones() -> None:
    async with rig(kept=(PYTHON,), per_runtime=2) as r:
        await with_a_cell(r)
        await r.warm()
        await r.passes(0.3)
        await r.boot(r.channels[1])
        await r.boot(r.channels[2])
        assert r.cells.waiting == 2
        await r.passes(602)
        assert r.cells.waiting == 1


async def test_a_cell_that_dies_waiting_is_replaced() -> None:
    async with rig(kept=(PYTHON,)) as r:
        await with_a_cell(r)
        r.sandboxes.made[0].exits(Ending(signal=9))
        await r.turn()
        assert r.cells.waiting == 0
        await r.passes(2)
        await r.boot(r.channels[-1])
        assert r.cells.waiting == 1
        assert len(r.channels) == 2


async def test_a_dead_spawner_is_asked_for_cells_ever_more_rarely() -> None:
    async with rig(kept=(PYTHON,)) as r:
        r.sandboxes.failing.add("make")
        await r.passes(120)
        assert r.sandboxes.attempts < 12
        r.sandboxes.failing.clear()
        await r.passes(60)
        assert r.channels


async def test_cells_go_first_when_memory_is_short() -> None:
    async with rig(kept=(PYTHON,)) as r:
        await with_a_cell(r)
        channel = await r.warm()
        await r.passes(0.3)
        await with_a_cell(r)
        r.memory[0] = GIB - 1
        await r.passes(1.1)
        assert r.cells.waiting == 0
        assert not channel.closed


async def test_a_runtime_may_be_kept_from_later_on() -> None:
    async with rig() as r:
        await r.turn()
        assert r.sandboxes.made == []
        r.cells.keep(PYTHON)
        await with_a_cell(r)


async def test_a_cold_start_takes_a_cell_that_is_not_up_yet_rather_than_boot_another() -> None:
    async with rig(kept=(PYTHON,)) as r:
        await r.turn()
        request_id = r.submit()
        await r.turn()
        assert len(r.channels) == 1
        await r.initialise(r.channels[0])
        r.answer(r.channels[0])
        assert r.outcome(request_id).function_error == ""
        assert r.cells.waiting == 0


async def test_a_cell_that_was_taken_and_does_not_come_up_is_replaced_for_who_took_it() -> None:
    async with rig(kept=(PYTHON,)) as r:
        await r.turn()
        request_id = r.submit()
        r.channels[0].listener.broken("closed")
        r.sandboxes.made[0].exits(Ending(exit_status=1))
        await r.passes(0.5, step=0.1)
        await r.initialise(r.channels[-1])
        r.answer(r.channels[-1])
        assert r.outcome(request_id).function_error == ""
        assert r.cells.lost == 1


async def test_a_cell_that_was_taken_for_a_function_that_went_away_ends() -> None:
    async with rig(kept=(PYTHON,)) as r:
        await r.turn()
        request_id = r.submit()
        function = active_function()
        r.functions.known.clear()
        r.invoker.function_changed(function.key)
        await r.turn()
        assert r.sandboxes.made[0].killed == 1
        assert r.error(request_id).code == "ResourceNotFoundException"


async def test_there_are_as_many_cells_as_lately_were_needed_at_once_but_not_more_than_may_be() -> (
    None
):
    async with rig(per_runtime=2) as r:
        for number in range(5):
            function = active_function(f"f{number}")
            r.functions.put(function)
            r.submit(function)
        await r.turn()
        for channel in list(r.channels):
            await r.initialise(channel)
            r.answer(channel)
        await r.passes(1.1)
        for _ in range(5):
            await r.boot(r.channels[-1])
        assert r.cells.waiting == 5
        assert len(r.channels) == 10
        await r.passes(75, step=5)
        assert r.cells.waiting == 2


async def test_cells_that_die_again_and_again_are_made_ever_more_rarely_and_counted() -> None:
    async with rig(kept=(PYTHON,)) as r:
        await r.turn()
        for _ in range(120):
            channel = r.channels[-1]
            if not channel.closed:
                await r.boot(channel)  # it comes up well
                r.sandboxes.made[-1].exits(Ending(signal=9))
            await r.passes(1.0)
        assert 5 <= len(r.sandboxes.made) < 12
        assert r.cells.lost in {len(r.sandboxes.made), len(r.sandboxes.made) - 1}


async def test_the_trouble_of_one_runtime_is_not_another_s() -> None:
    async with rig(kept=("python3.12", PYTHON)) as r:  # python3.12 is not installed
        await with_a_cell(r)
