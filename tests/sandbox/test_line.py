"""The line to the spawner, with a test at the other end."""

import asyncio
import json
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from lambent.kit.backoff import Backoff
from lambent.sandbox.line import Done, Failed, Line, close_all
from tests.sandbox.conformance import readable

SOON = Backoff(first_seconds=0.001, longest_seconds=0.001)


class Other:
    """The spawner's side, played by hand."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.open()

    def open(self) -> None:
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(str(self._path))
        self.listener.listen()
        self.listener.setblocking(False)

    async def accept(self) -> dict[str, Any]:
        """Take the line's connection and return its greeting, answered."""
        await readable(self.listener.fileno())
        self.connection, _ = self.listener.accept()
        self.connection.setblocking(False)
        greeting = await self.order()
        self.answer(greeting["id"], done={"known": []})
        return greeting

    async def order(self) -> dict[str, Any]:
        await readable(self.connection.fileno())
        order: dict[str, Any] = json.loads(self.connection.recv(65_536))
        return order

    def answer(self, order_id: int, *, descriptors: list[int] | None = None, **how: object) -> None:
        message = json.dumps({"id": order_id, **how}).encode()
        socket.send_fds(self.connection, [message], descriptors or [])

    def die(self) -> None:
        self.connection.close()
        self.listener.close()
        self._path.unlink()


class Told:
    """What became of an order."""

    def __init__(self) -> None:
        self.reply: asyncio.Future[Done | Failed] = asyncio.get_running_loop().create_future()

    def __call__(self, reply: Done | Failed) -> None:
        self.reply.set_result(reply)

    async def result(self) -> Done | Failed:
        async with asyncio.timeout(10):
            return await self.reply


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Other]:
    other = Other(tmp_path / "spawner.sock")
    yield other
    other.listener.close()


def line(path: Path, *, held: list[str], strays: list[Done], patience_seconds: float = 10) -> Line:
    return Line(
        path=path,
        loop=asyncio.get_running_loop(),
        held=lambda: held,
        stray=strays.append,
        backoff=SOON,
        patience_seconds=patience_seconds,
    )


async def test_answers_find_their_orders_in_any_order(other: Other, tmp_path: Path) -> None:
    with closing(line(tmp_path / "spawner.sock", held=["a"], strays=[])) as to:
        first, second = Told(), Told()
        to.order("one", {"x": 1}, first)
        to.order("two", {}, second)
        to.open()
        assert (await other.accept())["held"] == ["a"]
        orders = [await other.order(), await other.order()]
        assert [o["order"] for o in orders] == ["one", "two"]
        other.answer(orders[1]["id"], failed="no")
        other.answer(orders[0]["id"], done={"y": 2})
        assert await first.result() == Done(result={"y": 2}, descriptors=[])
        assert await second.result() == Failed(reason="no")
        other.die()


async def test_orders_wait_for_a_spawner_and_are_repeated_once_to_the_next(
    other: Other, tmp_path: Path
) -> None:
    with closing(line(tmp_path / "spawner.sock", held=[], strays=[])) as to:
        to.open()
        await other.accept()
        told = Told()
        to.order("make", {}, told)
        first = await other.order()
        other.die()
        other.open()
        await other.accept()
        assert await other.order() == first
        other.die()
        assert await told.result() == Failed(
            reason="the spawner died twice while it carried the order out"
        )
        later = Told()
        to.order("make", {}, later)
        other.open()
        await other.accept()
        again = await other.order()
        other.answer(again["id"], done={})
        assert isinstance(await later.result(), Done)
        other.die()


async def test_what_came_for_nobody_is_a_stray(other: Other, tmp_path: Path) -> None:
    strays: list[Done] = []
    with closing(line(tmp_path / "spawner.sock", held=[], strays=strays)) as to:
        to.open()
        await other.accept()
        unwanted, wanted = Told(), Told()
        order_id = to.order("make", {}, unwanted)
        await other.order()
        to.withdraw(order_id)
        to.order("other", {}, wanted)
        last = await other.order()
        null = os.open("/dev/null", os.O_RDONLY)
        other.answer(order_id, done={"name": "n"}, descriptors=[null])
        os.close(null)
        other.answer(last["id"], done={})
        await wanted.result()
        assert [stray.result for stray in strays] == [{"name": "n"}]
        assert not unwanted.reply.done()
        assert not os.get_inheritable(strays[0].descriptors[0])
        close_all(strays[0].descriptors)
        other.die()


async def test_an_order_withdrawn_before_it_was_sent_is_never_sent(
    other: Other, tmp_path: Path
) -> None:
    with closing(line(tmp_path / "spawner.sock", held=[], strays=[])) as to:
        to.withdraw(to.order("unwanted", {}, Told()))
        to.order("wanted", {}, Told())
        to.open()
        await other.accept()
        assert (await other.order())["order"] == "wanted"
        other.die()


async def test_a_withdrawn_order_is_not_repeated_to_the_next_spawner(
    other: Other, tmp_path: Path
) -> None:
    with closing(line(tmp_path / "spawner.sock", held=[], strays=[])) as to:
        to.open()
        await other.accept()
        order_id = to.order("unwanted", {}, Told())
        await other.order()
        to.withdraw(order_id)
        other.die()
        other.open()
        to.order("wanted", {}, Told())
        await other.accept()
        assert (await other.order())["order"] == "wanted"
        other.die()


async def test_an_order_is_not_waited_for_longer_than_the_line_s_patience(tmp_path: Path) -> None:
    to = line(tmp_path / "none.sock", held=[], strays=[], patience_seconds=0.001)
    with closing(to):
        to.open()
        told = Told()
        to.order("make", {}, told)
        assert await told.result() == Failed(reason="the spawner does not answer")


async def test_closing_fails_what_is_not_answered_and_what_comes_later(
    other: Other, tmp_path: Path
) -> None:
    to = line(tmp_path / "spawner.sock", held=[], strays=[])
    to.open()
    await other.accept()
    told, late = Told(), Told()
    to.order("make", {}, told)
    to.close()
    to.order("make", {}, late)
    closed = Failed(reason="the line is closed")
    assert (await told.result(), await late.result()) == (closed, closed)
    other.die()


async def test_more_orders_than_the_socket_holds_all_arrive(other: Other, tmp_path: Path) -> None:
    with closing(line(tmp_path / "spawner.sock", held=[], strays=[])) as to:
        to.open()
        await other.accept()
        ids = [to.order("make", {"filling": "x" * 8_000}, Told()) for _ in range(200)]
        assert [(await other.order())["id"] for _ in range(200)] == ids
        other.die()
