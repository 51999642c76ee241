"""Holds requests back until what they need is there."""

from collections import deque
from typing import Final

from lambent.http.exchange import Application, Exchange

_MOST_HELD: Final = 4_096
_BUSY: Final = ((b"Content-Type", b"application/json"), (b"Retry-After", b"1"))


class HeldApplication:
    """Serves as `inner` once it is `open`; until then requests wait with their bodies unread.

    An edge listens before it has loaded the catalogue, so that health answers and nobody is refused; but to answer an
    invocation it must know every function.
    """

    def __init__(self, *, inner: Application) -> None:
        self._inner = inner
        self._held: deque[Exchange] | None = deque()

    def begin(self, exchange: Exchange) -> None:
        """Pass on, or hold; past the bound answer 503."""
        if self._held is None:
            self._inner.begin(exchange)
        elif len(self._held) < _MOST_HELD:
            self._held.append(exchange)
        else:
            exchange.respond(503, _BUSY, b'{"message":"lambent is starting."}')

    def open(self) -> None:
        """Pass on what was held, in its order, and hold nothing any more. May be called again."""
        held, self._held = self._held, None
        for exchange in held or ():
            if not exchange.gone:
                self._inner.begin(exchange)
