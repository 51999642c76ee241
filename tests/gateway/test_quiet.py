"""Many at once, or one alone."""

import asyncio

from lambent.gateway.quiet import Quiet


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_wants_to_be_alone_waits_for_the_others_and_holds_up_who_comes_later() -> None:
    quiet, order, leave = Quiet(), list[str](), asyncio.Event()

    async def first() -> None:
        async with quiet.shared():
            await leave.wait()
            order.append("first")

    async def alone() -> None:
        async with quiet.alone():
            order.append("alone begins")
            await turns()
            order.append("alone ends")

    async def later() -> None:
        async with quiet.shared():
            order.append("later")

    async with asyncio.TaskGroup() as tasks:
        for one in (first, alone, later):
            tasks.create_task(one())
            await turns()
        assert order == []
        leave.set()
    assert order == ["first", "alone begins", "alone ends", "later"]


async def test_many_share() -> None:
    quiet = Quiet()
    async with asyncio.timeout(10), quiet.shared(), quiet.shared():
        await turns()
    async with asyncio.timeout(10), quiet.alone():
        await turns()


async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    quiet = Quiet()

    async def alone() -> None:
        async with quiet.alone():
            raise AssertionError

    async with asyncio.TaskGroup() as tasks, quiet.shared():
        waiting = tasks.create_task(alone())
        await turns()
        waiting.cancel()
        await turns()
        async with asyncio.timeout(10), quiet.shared():
            await turns()
