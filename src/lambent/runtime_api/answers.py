"""The Runtime API's answers to a runtime."""

from typing import Final

import msgspec

from lambent.http.exchange import Exchange
from lambent.model.limits import MAX_RESPONSE_BYTES
from lambent.runtime_api.port import RuntimeFault

_JSON: Final = ((b"Content-Type", b"application/json"),)
_TEXT: Final = ((b"Content-Type", b"text/plain; charset=utf-8"),)

TOO_LARGE: Final = RuntimeFault(
    error_type="Function.ResponseSizeTooLarge",
    body=b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (%d bytes).",'
    b'"errorType":"Function.ResponseSizeTooLarge"}' % MAX_RESPONSE_BYTES,
)
"""What the function's caller gets for a response over the limit."""


def accept(exchange: Exchange) -> None:
    """202."""
    exchange.respond(202, _JSON, b'{"status":"OK"}')


def pong(exchange: Exchange) -> None:
    """The answer to a ping."""
    exchange.respond(200, _TEXT, b"pong")


def refuse_transition(exchange: Exchange, message: str) -> None:
    """403: the runtime is in no state for this."""
    _refuse(exchange, 403, "InvalidStateTransition", message)


def refuse_request_id(exchange: Exchange) -> None:
    """400: this is not the invocation under way."""
    _refuse(exchange, 400, "InvalidRequestID", "Invalid request ID")


def refuse_response_mode(exchange: Exchange) -> None:
    """400: a response mode that does not exist."""
    _refuse(exchange, 400, "InvalidFunctionResponseMode", "Invalid function response mode")


def refuse_size(exchange: Exchange) -> None:
    """413."""
    message = f"Exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    _refuse(exchange, 413, "RequestEntityTooLarge", message)


def not_found(exchange: Exchange) -> None:
    """404: no such path."""
    exchange.respond(404, _TEXT, b"404 page not found\n")


def wrong_method(exchange: Exchange) -> None:
    """405: the path is there, the method is not."""
    exchange.respond(405, (), b"")


def _refuse(exchange: Exchange, status: int, error_type: str, message: str) -> None:
    body = msgspec.json.encode({"errorMessage": message, "errorType": error_type})
    exchange.respond(status, _JSON, body)
