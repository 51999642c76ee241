"""A runtime that has other places than a sandbox's is told of them."""

from lambent.http.exchange import Application
from lambent.runtime_api.port import InvokeOrder, StartOrder
from lambent.runtime_api.relocated import RelocatedChannel
from lambent.runtime_api.taken import TakenRuntimeApi


class Inner:
    """`RuntimeChannel` that notes what it is told."""

    def __init__(self) -> None:
        self.runtime_api: Application = TakenRuntimeApi()
        self.told: list[object] = []

    def start(self, order: StartOrder) -> None:
        self.told.append(order)

    def invoke(self, order: InvokeOrder) -> None:
        self.told.append(order)

    def close(self) -> None:
        self.told.append("closed")


def test_variables_are_moved_and_the_function_s_own_win() -> None:
    inner = Inner()
    channel = RelocatedChannel(inner, move=str.upper, more={"TMPDIR": "d", "A": "x"})
    channel.start(StartOrder(handler="app.handler", environ={"A": "b"}))
    channel.close()
    wanted = StartOrder(handler="app.handler", environ={"TMPDIR": "d", "A": "B"})
    assert inner.told == [wanted, "closed"]
    assert channel.runtime_api is inner.runtime_api
