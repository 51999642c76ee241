"""A channel to a runtime that has other places than a sandbox's: what it is told of them is changed on the way."""

from collections.abc import Callable, Mapping

from lambent.http.exchange import Application
from lambent.runtime_api.port import InvokeOrder, RuntimeChannel, StartOrder


class RelocatedChannel:
    """`inner`, with every variable of a start passed through `move`; `more` are variables that a function may override."""

    def __init__(
        self, inner: RuntimeChannel, *, move: Callable[[str], str], more: Mapping[str, str]
    ) -> None:
        self._inner, self._move, self._more = inner, move, more

    @property
    def runtime_api(self) -> Application:
        """What answers where AWS_LAMBDA_RUNTIME_API says."""
        return self._inner.runtime_api

    def start(self, order: StartOrder) -> None:
        """Hand over the function."""
        moved = {name: self._move(value) for name, value in order.environ.items()}
        self._inner.start(StartOrder(handler=order.handler, environ={**self._more, **moved}))

    def invoke(self, order: InvokeOrder) -> None:
        """Hand over an event."""
        self._inner.invoke(order)

    def close(self) -> None:
        """Stop reading and writing."""
        self._inner.close()
