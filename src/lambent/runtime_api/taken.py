"""The Runtime API beside a framed channel: it is there, as on AWS, but its one runtime is not HTTP's."""

from collections.abc import Mapping
from typing import Final

from lambent.http.exchange import Exchange
from lambent.runtime_api import answers
from lambent.runtime_api.routes import Operation, route
from lambent.runtime_api.states import Signal, State, refusal

_SIGNALS: Final[Mapping[Operation, Signal]] = {
    Operation.NEXT: Signal.NEXT,
    Operation.RESPONSE: Signal.RESPONSE,
    Operation.ERROR: Signal.ERROR,
    Operation.INIT_ERROR: Signal.INIT_ERROR,
}


class TakenRuntimeApi:
    """Answers a ping and refuses all else: a function's code must not take its own runtime's invocations."""

    def begin(self, exchange: Exchange) -> None:
        """Serve one request."""
        found = route(exchange.head)
        if found is None:
            answers.not_found(exchange)
        elif not found.allowed:
            answers.wrong_method(exchange)
        elif found.operation is Operation.PING:
            answers.pong(exchange)
        else:
            message = refusal(State.RUNNING, _SIGNALS[found.operation])
            answers.refuse_transition(exchange, message)
