"""Errors as AWS's Python runtime words them."""

from __future__ import annotations

import traceback

TYPE_CHECKING = False  # typing itself takes 5 ms of each start
if TYPE_CHECKING:
    from typing import Any

OURS = __file__.rsplit("/", 2)[0] + "/"

TOO_LARGE = (
    b'{"errorMessage":"Response payload size exceeded maximum allowed payload size'
    b' (6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}'
)

# The words are AWS's (awslambdaric, lambda_literals.py).
UNHANDLED_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior. "
    "For functions using managed runtimes, runtime updates can be triggered by a function change, "
    "or can be applied automatically. To determine if the runtime has been updated, check the "
    "runtime version in the INIT_START log entry. If this error correlates with a change in the "
    "runtime version, you may be able to mitigate this error by temporarily rolling back to the "
    "previous runtime version. For more information, see "
    "https://docs.aws.amazon.com/lambda/latest/dg/runtimes-update.html"
)


class Fault(Exception):
    """An error that the runtime itself finds; its type begins with `Runtime.`."""

    def __init__(self, error_type: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.error_type, self.message, self.trace = error_type, message, trace


def error_report(error: BaseException, request_id: str = "") -> dict[str, Any]:
    """The JSON object that tells of `error`; an init error has an empty `requestId`."""
    if isinstance(error, Fault):
        return _report(error.message, error.error_type, request_id, error.trace or [])
    # Tuples, not FrameSummary: AWS formats without the carets of 3.11 and later.
    frames = [
        (f.filename, f.lineno, f.name, f.line) for f in traceback.extract_tb(error.__traceback__)
    ]
    for at, frame in enumerate(frames):
        if not frame[0].startswith(OURS):
            frames = frames[at:]
            break
    stack = traceback.format_list(frames)  # type: ignore[arg-type]  # a line may be None: 3.8 to 3.14 look it up then
    return _report(str(error), type(error).__name__, request_id, stack)


def _report(message: str, error_type: str, request_id: str, stack: list[str]) -> dict[str, Any]:
    return {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": stack,
    }
