"""The edge's door: judges where a request comes from, then sends it to health, to invoke, to reset, or on to control."""

import json
from collections.abc import Callable
from typing import Final

from lambent.gateway.cors import CorsExchange, answer_preflight
from lambent.gateway.invoke_target import INVOKE_TARGET
from lambent.gateway.origins import OriginPolicy
from lambent.gateway.reset import RESET_TARGET
from lambent.http.exchange import Application, Exchange
from lambent.http.house import CannedAnswer
from lambent.identity.code_links import CODE_PREFIX

OPERATIONS_TARGET: Final = b"/_lambent/operations"
"""Answered by control, which has the models."""
SERVICE_EXCEPTION: Final = CannedAnswer(
    status=500,
    headers=(
        (b"Content-Type", b"application/json"),
        (b"x-amzn-ErrorType", b"ServiceException"),
    ),
    body=b'{"Type":"Server","Message":"An internal error occurred; the daemon\'s log has it."}',
)
"""What an HttpServer of ours says when an application of it raised (its parameter `failure`)."""
CODE_TARGET: Final = CODE_PREFIX.encode()
"""Begins what control answers with packages."""
_OWN_PREFIX: Final = b"/_lambent"
_JSON: Final = (b"Content-Type", b"application/json")
_NO_STORE: Final = (b"Cache-Control", b"no-store")


class FrontApplication:
    """Serves the public port and the sandboxes' endpoint."""

    def __init__(
        self,
        *,
        origins: OriginPolicy,
        health: Callable[[], bytes],
        invoke: Application,
        relay: Application,
        reset: Application,
    ) -> None:
        self._origins, self._health = origins, health
        self._invoke, self._relay, self._reset = invoke, relay, reset

    def begin(self, exchange: Exchange) -> None:
        """Judge and send on."""
        head = exchange.head
        headers = head.headers
        if b"host" in headers and not self._origins.allows_host(headers[b"host"]):
            _refuse(
                exchange,
                403,
                "This host name is not one of lambent's: add it to allowed_hosts under [http] if it is meant to be.",
            )
            return
        if b"origin" in headers:
            origin = headers[b"origin"]
            if not self._origins.allows_origin(origin):
                _refuse(
                    exchange,
                    403,
                    "This origin is not allowed: add it to allowed_origins under [http] if it is meant to be.",
                )
                return
            if head.method == b"OPTIONS" and b"access-control-request-method" in headers:
                answer_preflight(exchange, origin=origin)
                return
            exchange = CorsExchange(exchange, origin=origin)
        self._route(exchange, head.method, head.target)

    def _route(self, exchange: Exchange, method: bytes, target: bytes) -> None:
        if method == b"POST" and INVOKE_TARGET.fullmatch(target) is not None:
            self._invoke.begin(exchange)
        elif target == OPERATIONS_TARGET or target.startswith(CODE_TARGET):
            self._relay.begin(exchange)
        elif target == RESET_TARGET:
            self._reset.begin(exchange)
        elif target.startswith(_OWN_PREFIX) and target[len(_OWN_PREFIX) :][:1] in (b"", b"/", b"?"):
            self._serve_own(exchange)
        else:
            self._relay.begin(exchange)

    def _serve_own(self, exchange: Exchange) -> None:
        if exchange.head.path != _OWN_PREFIX + b"/health":
            _refuse(exchange, 404, "There is nothing here.")
        elif exchange.head.method not in (b"GET", b"HEAD"):
            _refuse(exchange, 405, "Health is read with GET.", (b"Allow", b"GET, HEAD"))
        else:
            exchange.respond(200, (_JSON, _NO_STORE), self._health())


def _refuse(exchange: Exchange, status: int, message: str, *headers: tuple[bytes, bytes]) -> None:
    exchange.respond(status, (_JSON, *headers), json.dumps({"message": message}).encode())
