"""The platform's side of one environment's log, and the outcomes that are put together from it."""

from lambent.execution import report
from lambent.execution.faults import Fault
from lambent.execution.port import InstalledRuntime, OutputCapture
from lambent.model.arn import runtime_version_arn
from lambent.model.function import FunctionVersion
from lambent.model.invocation import Invocation, Outcome


class Journal:
    """Writes START, END, REPORT and the like between a function's own lines."""

    __slots__ = ("_capture", "_function", "_init_seconds", "_peak", "_shows_init", "_version")

    def __init__(
        self, *, capture: OutputCapture, function: FunctionVersion, shows_init: bool = True
    ) -> None:
        """`shows_init`: whether the first invocation's REPORT tells how long the init took."""
        self._capture, self._function, self._shows_init = capture, function, shows_init
        self._version = function.key.version
        self._init_seconds: float | None = None
        self._peak = 0

    def init_began(self, runtime: InstalledRuntime) -> None:
        """A new environment begins its init."""
        arn = runtime_version_arn(region=self._function.key.region, digest=runtime.digest)
        self._capture.line(
            report.init_start_line(runtime_version=runtime.version, runtime_version_arn=arn)
        )

    def init_finished(self, seconds: float) -> None:
        """The init took so long; the next REPORT says so."""
        self._init_seconds = seconds if self._shows_init else None

    def init_failed(self, *, seconds: float, phase: str, fault: Fault | None) -> None:
        """The init failed of `fault`, or took too long."""
        self._capture.line(
            report.init_report_line(
                seconds=seconds,
                phase=phase,
                status="timeout" if fault is None else fault.status,
                error_type="" if fault is None else fault.error_type,
            )
        )

    def begin(self, invocation: Invocation) -> None:
        """What is written from now on belongs to this invocation."""
        self._capture.begin(wants_tail=invocation.wants_tail)

    def started(self, invocation: Invocation) -> None:
        """The event is handed over."""
        self._capture.record(report.start_line(invocation.request_id, self._version))

    def used(self, peak_memory_bytes: int) -> None:
        """So much memory was used at most."""
        self._peak = max(self._peak, peak_memory_bytes)

    def answered(
        self, invocation: Invocation, *, payload: bytes, seconds: float, error_type: str | None
    ) -> Outcome:
        """The runtime answered; `error_type` is None for a result, empty for an exception of the handler's own."""
        return self._outcome(
            invocation,
            payload=payload,
            seconds=seconds,
            status="error" if error_type else "",
            error_type=error_type or "",
            failed=error_type is not None,
        )

    def failed(self, invocation: Invocation, fault: Fault, *, seconds: float) -> Outcome:
        """The runtime did not answer, because of `fault`."""
        if fault.log_text:
            self._capture.line(fault.log_text)
        if fault.error_type == "Runtime.OutOfMemory":  # AWS shows all of it, whatever was counted
            self._peak = self._function.memory_mb * 1_048_576
        return self._outcome(
            invocation,
            payload=fault.payload,
            seconds=seconds,
            status=fault.status,
            error_type=fault.error_type,
            failed=True,
        )

    def drain(self) -> None:
        """Take in what the function wrote so far."""
        self._capture.drain()

    def close(self) -> None:
        """The environment is gone."""
        self._capture.close()

    def _outcome(
        self,
        invocation: Invocation,
        *,
        payload: bytes,
        seconds: float,
        status: str,
        error_type: str,
        failed: bool,
    ) -> Outcome:
        capture = self._capture
        init_seconds, self._init_seconds = self._init_seconds, None
        capture.drain()
        capture.record(
            report.end_and_report(
                invocation.request_id,
                seconds=seconds,
                memory_mb=self._function.memory_mb,
                peak_memory_bytes=self._peak,
                init_seconds=init_seconds,
                status=status,
                error_type=error_type,
            )
        )
        return Outcome(
            payload=payload,
            executed_version=self._version,
            function_error="Unhandled" if failed else "",
            log_tail=capture.tail() if invocation.wants_tail else b"",
        )
