"""What control answers beside AWS's operations."""

from collections.abc import Callable
from typing import Final, Protocol

from lambent.gateway.front import CODE_TARGET, OPERATIONS_TARGET
from lambent.http.exchange import Application, Exchange

_JSON: Final = ((b"Content-Type", b"application/json"), (b"Cache-Control", b"no-store"))


class Orders(Protocol):
    """An application for a few targets that it knows; `control_reset.ControlReset` is one."""

    def takes(self, target: bytes) -> bool:
        """Whether `target` is its own."""
        ...

    def begin(self, exchange: Exchange) -> None:
        """Serve a request for one of its targets."""
        ...


class ControlPages:
    """Answers the page of operations itself, leaves packages to `code`, resets to `reset` and the rest to the chain."""

    def __init__(
        self,
        *,
        chain: Application,
        code: Application,
        reset: Orders,
        operations: Callable[[], bytes],
    ) -> None:
        self._chain, self._code, self._operations = chain, code, operations
        self._reset = reset

    def begin(self, exchange: Exchange) -> None:
        """Answer or pass on."""
        head = exchange.head
        if head.method == b"GET" and head.target == OPERATIONS_TARGET:
            exchange.respond(200, _JSON, self._operations())
        elif head.target.startswith(CODE_TARGET):
            self._code.begin(exchange)
        elif self._reset.takes(head.target):
            self._reset.begin(exchange)
        else:
            self._chain.begin(exchange)
