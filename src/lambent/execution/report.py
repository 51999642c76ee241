"""The lines that AWS Lambda itself writes to a function's log; pure functions. Those of every invocation are bytes with
their newlines, the seldom ones text without.

Wording and order are those recorded from AWS (reference 03 §9): tab separated, REPORT with a trailing tab unless a status
follows, the Duration of a timeout is the timeout itself, and Billed Duration includes the init of a cold start.
"""

from datetime import UTC, datetime


def init_start_line(*, runtime_version: str, runtime_version_arn: str) -> str:
    """The first line of an environment."""
    return (
        f"INIT_START Runtime Version: {runtime_version}\tRuntime Version ARN: {runtime_version_arn}"
    )


def init_report_line(*, seconds: float, phase: str, status: str, error_type: str = "") -> str:
    """The line of an init that failed, in the phase `init` or, tried again, `invoke`."""
    line = f"INIT_REPORT Init Duration: {seconds * 1000:.2f} ms\tPhase: {phase}\tStatus: {status}"
    return f"{line}\tError Type: {error_type}" if error_type else line


def start_line(request_id: str, version: str) -> bytes:
    """The line before an invocation's own, with its newline."""
    return f"START RequestId: {request_id} Version: {version}\n".encode()


def end_and_report(
    request_id: str,
    *,
    seconds: float,
    memory_mb: int,
    peak_memory_bytes: int,
    init_seconds: float | None,
    status: str = "",
    error_type: str = "",
) -> bytes:
    """The two lines after an invocation's own, with their newlines; `init_seconds` only when the environment was made for it."""
    hundredths = int((seconds + (init_seconds or 0.0)) * 100_000 + 0.5)  # as the line shows them
    billed = -(-hundredths // 100)
    used = min(memory_mb, max(1, -(-peak_memory_bytes // 1_048_576)))
    line = (
        f"END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\tDuration: {seconds * 1000:.2f} ms\tBilled Duration: {billed} ms\t"
        f"Memory Size: {memory_mb} MB\tMax Memory Used: {used} MB\t"
    )
    if init_seconds is not None:
        line = f"{line}Init Duration: {init_seconds * 1000:.2f} ms\t"
    if status:
        line = f"{line}Status: {status}"
    if error_type:
        line = f"{line}\tError Type: {error_type}"
    return f"{line}\n".encode("utf-8", "replace")


def timed_out_line(request_id: str, *, seconds: float, epoch_ms: int) -> str:
    """The line of a timeout; AWS ends it with an empty line, which is the newline in it."""
    at = datetime.fromtimestamp(epoch_ms / 1000, UTC)
    stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{epoch_ms % 1000:03d}Z"
    return f"{stamp} {request_id} Task timed out after {seconds:.2f} seconds\n"
