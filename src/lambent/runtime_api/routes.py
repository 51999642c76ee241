"""The paths of the Runtime API."""

from enum import Enum
from typing import Final, NamedTuple

from lambent.http.exchange import RequestHead

_BASE: Final = b"/2018-06-01"


class Operation(Enum):
    """What a runtime may ask; the value is the method."""

    PING = (b"GET", "ping")
    NEXT = (b"GET", "next")
    RESPONSE = (b"POST", "response")
    ERROR = (b"POST", "error")
    INIT_ERROR = (b"POST", "init error")


class Route(NamedTuple):
    """An operation, and the request id that its path names, if it is one of those that name one."""

    operation: Operation
    request_id: str | None
    allowed: bool
    """Whether the method is the operation's."""


def route(head: RequestHead) -> Route | None:
    """Which operation a request is; None for a path that there is not."""
    path = head.path
    if not path.startswith(_BASE + b"/"):
        return None
    parts = path[len(_BASE) + 1 :].split(b"/")
    found = _operation(parts)
    if found is None:
        return None
    with_id = found in (Operation.RESPONSE, Operation.ERROR)
    request_id = parts[2].decode("ascii", "replace") if with_id else None
    return Route(found, request_id, head.method == found.value[0])


def _operation(parts: list[bytes]) -> Operation | None:
    match parts:
        case [b"ping"]:
            return Operation.PING
        case [b"runtime", b"invocation", b"next"]:
            return Operation.NEXT
        case [b"runtime", b"invocation", _, b"response"]:
            return Operation.RESPONSE
        case [b"runtime", b"invocation", _, b"error"]:
            return Operation.ERROR
        case [b"runtime", b"init", b"error"]:
            return Operation.INIT_ERROR
        case _:
            return None
