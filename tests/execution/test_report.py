"""Lines and payloads beyond those that the environment's tests show."""

import json

from hypothesis import given
from hypothesis import strategies as st

from lambent.execution.faults import broken_fault, platform_error_type
from lambent.execution.report import end_and_report, timed_out_line

FINITE = st.floats(min_value=0, max_value=900)


def report(*, seconds: float, peak_memory_bytes: int = 0, init_seconds: float | None = None) -> str:
    """The line REPORT of an invocation."""
    lines = end_and_report(
        "id",
        seconds=seconds,
        memory_mb=128,
        peak_memory_bytes=peak_memory_bytes,
        init_seconds=init_seconds,
    )
    end, line, rest = lines.decode().split("\n")
    assert (end, rest) == ("END RequestId: id", "")
    return line


@given(seconds=FINITE, init=st.none() | FINITE)
def test_billed_duration_is_never_less_than_what_the_line_shows_and_less_than_a_millisecond_more(
    seconds: float, init: float | None
) -> None:
    line = report(seconds=seconds, init_seconds=init)
    fields = dict(field.split(": ", 1) for field in line.split("\t") if ": " in field)
    shown = float(fields["Duration"].split()[0]) + float(
        fields.get("Init Duration", "0 ms").split()[0]
    )
    billed = int(fields["Billed Duration"].split()[0])
    assert -0.02 <= billed - shown < 1.02


def test_a_whole_millisecond_is_billed_as_itself() -> None:
    line = report(seconds=0.003, init_seconds=0.1 + 0.2)
    assert "\tBilled Duration: 303 ms\t" in line


def test_memory_used_is_rounded_up_and_never_more_than_there_is() -> None:
    def used(peak: int) -> str:
        return report(seconds=0, peak_memory_bytes=peak).split("\t")[4]

    assert used(0) == "Max Memory Used: 1 MB"
    assert used(36 * 1_048_576 + 1) == "Max Memory Used: 37 MB"
    assert used(10**12) == "Max Memory Used: 128 MB"


def test_a_timeout_line_has_milliseconds_and_an_empty_line_behind() -> None:
    line = timed_out_line("id", seconds=900, epoch_ms=1_704_067_199_007)
    assert line == "2023-12-31T23:59:59.007Z id Task timed out after 900.00 seconds\n"


@given(reason=st.text())
def test_whatever_broke_the_protocol_the_payload_is_json(reason: str) -> None:
    payload = json.loads(broken_fault("id", reason).payload)
    assert payload["errorType"] == "Runtime.ExitError"


def test_only_the_platforms_own_error_types_are_fatal_ones() -> None:
    assert platform_error_type("Runtime.ImportModuleError") == "Runtime.ImportModuleError"
    assert platform_error_type("Function.Oops") == "Function.Oops"
    for odd in ("ValueError", "Runtime.x", "Runtime.A b", "Runtime.", "x" * 10_000):
        assert platform_error_type(odd) == "Runtime.Unknown"
