"""Requests that come before what they need."""

from lambent.gateway.held import HeldApplication
from lambent.http.exchange import Exchange
from tests.gateway.exchanges import MemoryExchange


class Noting:
    """An application that notes what it is given."""

    def __init__(self) -> None:
        self.begun: list[Exchange] = []

    def begin(self, exchange: Exchange) -> None:
        self.begun.append(exchange)


def test_requests_wait_in_their_order_and_later_ones_do_not() -> None:
    inner = Noting()
    held = HeldApplication(inner=inner)
    first, second, third = (MemoryExchange("POST", f"/{n}") for n in range(3))
    held.begin(first)
    held.begin(second)
    assert inner.begun == []
    held.open()
    assert inner.begun == [first, second]
    held.begin(third)
    held.open()
    assert inner.begun == [first, second, third]


def test_who_has_gone_meanwhile_is_not_served() -> None:
    inner = Noting()
    held = HeldApplication(inner=inner)
    gone = MemoryExchange("POST", "/")
    held.begin(gone)
    gone.gone = True
    held.open()
    assert inner.begun == []


def test_there_is_a_bound() -> None:
    held = HeldApplication(inner=Noting())
    for _ in range(4_096):
        held.begin(MemoryExchange("POST", "/"))
    late = MemoryExchange("POST", "/")
    held.begin(late)
    assert (late.status, late.headers["retry-after"]) == (503, "1")
