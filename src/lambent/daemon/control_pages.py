"""What control answers beside AWS's operations."""

from collections.abc import Callable
from typing import Final

from lambent.gateway.front import OPERATIONS_TARGET
from lambent.http.exchange import Application, Exchange

_JSON: Final = ((b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store"))


class ControlPages:
    """Answers the page of operations itself, and leaves the rest to the chain."""

    def __init__(self, *, chain: Application, operations: Callable[[], bytes]) -> None:
        self._chain, self._operations = chain, operations

    def begin(self, exchange: Exchange) -> None:
        """Answer or pass on."""
        if exchange.head.method == b"GET" and exchange.head.target == OPERATIONS_TARGET:
            exchange.respond(200, _JSON, self._operations())
        else:
            self._chain.begin(exchange)
