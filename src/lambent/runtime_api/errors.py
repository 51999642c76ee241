"""What a runtime that speaks HTTP says of an error."""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from lambent.runtime_api.port import RuntimeFault

_WITH_CAUSE: Final = b"application/vnd.aws.lambda.error.cause+json"
_TYPE: Final = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")


class _ErrorWithCause(msgspec.Struct):
    """The error without its cause, which is for tracing and not for the caller."""

    errorMessage: str = ""  # noqa: N815  # the name on the wire
    errorType: str = ""  # noqa: N815  # the name on the wire
    stackTrace: list[str] = []  # noqa: N815  # the name on the wire


def posted_fault(headers: Mapping[bytes, bytes], body: bytes) -> RuntimeFault:
    """The error that a request tells of; its body is the runtime's own choice and may be no JSON."""
    named = headers.get(b"lambda-runtime-function-error-type", b"").decode("latin-1")
    if headers.get(b"content-type", b"") == _WITH_CAUSE:
        body = _without_cause(body)
    return RuntimeFault(error_type=valid_error_type(named), body=body)


def valid_error_type(named: str) -> str:
    """`named` if a runtime may name it, else what AWS puts in its place."""
    if _TYPE.search(named):
        return named
    return "Function.Unknown" if named.startswith("Function.") else "Runtime.Unknown"


def _without_cause(body: bytes) -> bytes:
    try:
        error = msgspec.json.decode(body, type=_ErrorWithCause)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return msgspec.json.encode("Invalid error body")
    told: dict[str, str | list[str]] = {
        "errorMessage": error.errorMessage,
        "errorType": error.errorType,
    }
    return msgspec.json.encode(
        {**told, "stackTrace": error.stackTrace} if error.stackTrace else told
    )
