"""What control answers itself, and what it passes on."""

import pytest

from lambent.daemon.control_pages import ControlPages
from lambent.http.exchange import Exchange
from tests.gateway.exchanges import MemoryExchange


class Noting:
    """An application that notes what it is given."""

    def __init__(self) -> None:
        self.begun: list[Exchange] = []

    def takes(self, target: bytes) -> bool:
        return target == b"/order"

    def begin(self, exchange: Exchange) -> None:
        self.begun.append(exchange)


@pytest.mark.parametrize(
    ("method", "target", "served_by"),
    [
        ("GET", "/_lambent/operations", "itself"),
        ("POST", "/_lambent/operations", "chain"),
        ("GET", "/_lambent/code/abc?x=1", "code"),
        ("POST", "/order", "reset"),
        ("GET", "/2015-03-31/functions", "chain"),
    ],
)
def test_each_request_goes_where_it_belongs(method: str, target: str, served_by: str) -> None:
    others = {name: Noting() for name in ("chain", "code", "reset")}
    pages = ControlPages(operations=lambda: b"{}", **others)
    exchange = MemoryExchange(method, target)
    pages.begin(exchange)
    expected = {name: [exchange] if name == served_by else [] for name in others}
    assert {name: other.begun for name, other in others.items()} == expected
    assert exchange.status == (200 if served_by == "itself" else 0)
