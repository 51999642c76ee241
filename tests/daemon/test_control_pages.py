"""What control answers itself, and what it passes on."""

import pytest

from lambent.daemon.control_pages import ControlPages
from lambent.http.exchange import Exchange
from tests.gateway.exchanges import MemoryExchange


class Noting:
    """An application that notes what it is given."""

    def __init__(self) -> None:
        self.begun: list[Exchange] = []

    def begin(self, exchange: Exchange) -> None:
        self.begun.append(exchange)


class NotingOrders(Noting):
    def takes(self, target: bytes) -> bool:
        return target.startswith(b"/_lambent/reset/")


@pytest.mark.parametrize(
    ("method", "target", "served_by"),
    [
        ("GET", "/_lambent/operations", "itself"),
        ("POST", "/_lambent/operations", "chain"),
        ("GET", "/_lambent/code/abc?x=1", "code"),
        ("GET", "/2015-03-31/functions", "chain"),
        ("POST", "/_lambent/reset/functions", "reset"),
        ("POST", "/_lambent/reset/packages", "reset"),
        ("POST", "/_lambent/reset", "chain"),
    ],
)
def test_each_request_goes_where_it_belongs(method: str, target: str, served_by: str) -> None:
    chain, code, reset = Noting(), Noting(), NotingOrders()
    pages = ControlPages(chain=chain, code=code, reset=reset, operations=lambda: b"{}")
    exchange = MemoryExchange(method, target)
    pages.begin(exchange)
    begun = {"chain": chain.begun, "code": code.begun, "reset": reset.begun}
    assert begun == {name: [exchange] if served_by == name else [] for name in begun}
    assert exchange.status == (200 if served_by == "itself" else 0)
