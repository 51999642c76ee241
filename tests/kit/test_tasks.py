"""Where tasks are born."""

import asyncio
from typing import Never

import pytest

from lambent.kit.tasks import background


async def forever(started: asyncio.Event, ended: list[str]) -> Never:
    try:
        started.set()
        while True:
            await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def test_loops_run_beside_the_body_and_are_cancelled_when_it_ends() -> None:
    started, ended = asyncio.Event(), list[str]()
    async with background(loop=forever(started, ended)):
        await started.wait()
        assert ended == []
    assert ended == ["ended"]
    assert len(asyncio.all_tasks()) == 1


async def test_a_loop_that_raises_cancels_the_body_and_the_other_loops() -> None:
    started, ended = asyncio.Event(), list[str]()

    async def broken() -> Never:
        await started.wait()
        raise ArithmeticError

    with pytest.raises(ExceptionGroup) as caught:
        async with background(broken=broken(), other=forever(started, ended)):
            await asyncio.Event().wait()  # the broken loop ends this wait
    assert [type(error) for error in caught.value.exceptions] == [ArithmeticError]
    assert ended == ["ended"]


async def test_an_error_of_the_body_comes_out_in_a_group_and_the_loops_end() -> None:
    started, ended = asyncio.Event(), list[str]()
    with pytest.raises(ExceptionGroup) as caught:
        async with background(loop=forever(started, ended)):
            await started.wait()
            raise ArithmeticError
    assert [type(error) for error in caught.value.exceptions] == [ArithmeticError]
    assert ended == ["ended"]


async def test_a_task_has_the_name_of_its_loop() -> None:
    started, ended = asyncio.Event(), list[str]()
    async with background(poller=forever(started, ended)):
        await started.wait()
        assert "poller" in {task.get_name() for task in asyncio.all_tasks()}
