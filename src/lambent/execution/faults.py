"""What the caller of a function gets when its runtime died, hung or spoke nonsense; pure functions."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from lambent.execution.report import timed_out_line
from lambent.model.limits import MAX_RESPONSE_BYTES
from lambent.runtime_api.port import RuntimeFault
from lambent.sandbox.port import Ending

_PLATFORM_TYPE = re.compile(r"(Runtime|Function)\.[A-Z][a-zA-Z]+")
_SIGNAL_NAMES: Final[Mapping[int, str]] = MappingProxyType(
    {  # the words of Go's syscall.Signal, in which AWS prints them
        1: "hangup",
        2: "interrupt",
        3: "quit",
        4: "illegal instruction",
        5: "trace/breakpoint trap",
        6: "aborted",
        7: "bus error",
        8: "floating point exception",
        9: "killed",
        10: "user defined signal 1",
        11: "segmentation fault",
        12: "user defined signal 2",
        13: "broken pipe",
        14: "alarm clock",
        15: "terminated",
        24: "CPU time limit exceeded",
        25: "file size limit exceeded",
        26: "virtual timer expired",
        27: "profiling timer expired",
        31: "bad system call",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A function error that the platform states."""

    status: str
    """REPORT's `Status`: `timeout` or `error`."""
    error_type: str
    """REPORT's `Error Type`; empty for a timeout."""
    payload: bytes
    log_text: str = ""
    """The line that says so in the log; empty when the runtime wrote its own."""


def platform_error_type(error_type: str) -> str:
    """`error_type` if it is one that AWS lets a runtime name as fatal, else `Runtime.Unknown`."""
    return error_type if _PLATFORM_TYPE.fullmatch(error_type) else "Runtime.Unknown"


def is_platform_error_type(error_type: str) -> bool:
    """Whether a runtime's error is its own or the platform's, rather than the handler's exception."""
    return _PLATFORM_TYPE.fullmatch(error_type) is not None


def error_payload(error_type: str, message: str) -> bytes:
    """The JSON of a platform error, members in AWS's order."""
    text = json.dumps(
        {"errorType": error_type, "errorMessage": message},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return text.encode("utf-8", "replace")


def timeout_fault(request_id: str, *, seconds: float, epoch_ms: int) -> Fault:
    """The function took longer than its timeout."""
    message = f"RequestId: {request_id} Error: Task timed out after {seconds:.2f} seconds"
    return Fault(
        status="timeout",
        error_type="",
        payload=error_payload("Sandbox.Timedout", message),
        log_text=timed_out_line(request_id, seconds=seconds, epoch_ms=epoch_ms),
    )


def exit_fault(request_id: str, ending: Ending) -> Fault:
    """The runtime ended by itself, by a signal, or because its memory was used up."""
    if ending.out_of_memory:
        return _death(request_id, "Runtime.OutOfMemory", "with error: signal: killed")
    if ending.signal is not None:
        name = _SIGNAL_NAMES.get(ending.signal, f"signal {ending.signal}")
        return _death(request_id, "Runtime.ExitError", f"with error: signal: {name}")
    if ending.exit_status:
        how = f"with error: exit status {ending.exit_status}"
        return _death(request_id, "Runtime.ExitError", how)
    return _death(request_id, "Runtime.ExitError", "without providing a reason")


def broken_fault(request_id: str, reason: str) -> Fault:
    """The runtime broke the channel's protocol and was ended for it."""
    return _death(request_id, "Runtime.ExitError", f"with error: {reason}")


def init_fault(request_id: str, error: RuntimeFault) -> Fault:
    """The runtime said why it could not load the handler, or the platform why there is no runtime."""
    error_type = platform_error_type(error.error_type)
    if error.platform_words:
        return _stated(request_id, error_type, error.platform_words)
    return Fault(status="error", error_type=error_type, payload=error.body)


def oversize_fault() -> Fault:
    """The response is over the limit."""
    error_type = "Function.ResponseSizeTooLarge"
    message = (
        f"Response payload size exceeded maximum allowed payload size ({MAX_RESPONSE_BYTES} bytes)."
    )
    text = json.dumps(
        {"errorMessage": message, "errorType": error_type}, separators=(",", ":")
    )  # this one in the order in which the runtimes send it
    return Fault(status="error", error_type=error_type, payload=text.encode())


def _death(request_id: str, error_type: str, how: str) -> Fault:
    return _stated(request_id, error_type, f"Runtime exited {how}")


def _stated(request_id: str, error_type: str, what: str) -> Fault:
    text = f"RequestId: {request_id} Error: {what}"
    return Fault(
        status="error",
        error_type=error_type,
        payload=error_payload(error_type, text),
        log_text=f"{text}\n{error_type}",
    )
