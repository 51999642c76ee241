"""An invocation and what came of it.

Structs, because one of each is made for every call: a frozen dataclass costs eight times that.
"""

from msgspec import Struct

from lambent.model.function import FunctionVersion


class Invocation(Struct, frozen=True, kw_only=True):
    """A request to run a function, once its qualifier is resolved to a version."""

    request_id: str
    function: FunctionVersion
    invoked_arn: str
    """The ARN with the qualifier that the caller used; unqualified when there was none."""
    payload: bytes
    """JSON, checked."""
    trace_id: str
    """The whole `X-Amzn-Trace-Id`."""
    client_context: str = ""
    """JSON text, already decoded from base64; empty when not given."""
    wants_tail: bool = False


class Outcome(Struct, frozen=True, kw_only=True):
    """What an invocation came to; a crash or a timeout of the function is one too."""

    payload: bytes
    executed_version: str
    function_error: str = ""
    """`Unhandled`, or empty when the function answered."""
    log_tail: bytes = b""
    """The invocation's last 4 KiB of log, START to REPORT, when it was asked for."""
