"""What a function's log looks like: `logging` set up as AWS does, and the report of an error."""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback

TYPE_CHECKING = False  # typing itself takes 5 ms of each start
if TYPE_CHECKING:
    from typing import Any, Mapping

_NO_BREAK_SPACE = "\u00a0"
_DATE_FORMAT = "%Y-%m-%dT%H:%M:%S"
_TEXT_FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
_RECORD_FIELDS = frozenset(
    [
        "name",
        "msg",
        "args",
        "levelname",
        "levelno",
        "pathname",
        "filename",
        "module",
        "exc_info",
        "exc_text",
        "stack_info",
        "lineno",
        "funcName",
        "created",
        "msecs",
        "relativeCreated",
        "thread",
        "threadName",
        "processName",
        "process",
        "aws_request_id",
        "tenant_id",
        "_frame_type",
    ]
)


class StandardLogSink:
    """Writes to the stdout of the moment, so that a function which replaces it gets these lines too."""

    def log(self, msg: str) -> None:
        """Write `msg` as it is."""
        sys.stdout.write(msg)


class LambdaLoggerHandler(logging.Handler):
    """The handler of the root logger; libraries know it by this name and by `log_sink`."""

    def __init__(self, log_sink: StandardLogSink) -> None:
        super().__init__()
        self.log_sink = log_sink

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record, and end its line: on AWS a frame does that, so formats of one's own and tracebacks need not."""
        text = self.format(record)
        self.log_sink.log(text if text.endswith("\n") else text + "\n")


class LambdaLoggerFilter(logging.Filter):
    """Puts the request's id into every record."""

    def __init__(self, current: CurrentRequest) -> None:
        super().__init__()
        self._current = current

    def filter(self, record: logging.LogRecord) -> bool:
        """Complete the record; none is left out."""
        record.aws_request_id = self._current.request_id
        record.tenant_id = None
        return True


class CurrentRequest:
    """The invocation under way."""

    __slots__ = ["request_id"]

    def __init__(self) -> None:
        self.request_id = ""


class JsonFormatter(logging.Formatter):
    """A record as one line of JSON, with AWS's members."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  # logging's name
        """The record's time in UTC with milliseconds."""
        seconds = time.strftime(datefmt or _DATE_FORMAT, time.gmtime(record.created))
        return f"{seconds}.{int(record.msecs):03d}Z"

    def format(self, record: logging.LogRecord) -> str:
        """The line, newline included."""
        level = min(50, max(0, record.levelno)) // 10 * 10
        line: dict[str, Any] = {
            "timestamp": self.formatTime(record),
            "level": logging.getLevelName(level),
            "message": record.getMessage(),
            "logger": record.name,
            **_exception_members(record),
            "requestId": getattr(record, "aws_request_id", None),
        }
        if record.exc_info:
            line["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
        for key, value in vars(record).items():
            if key not in _RECORD_FIELDS:
                line.setdefault(key, value)
        present = {key: value for key, value in line.items() if value is not None}
        return json.dumps(present, ensure_ascii=False) + "\n"


def _exception_members(record: logging.LogRecord) -> dict[str, Any]:
    if not record.exc_info or record.exc_info[0] is None:
        return {}
    kind, error, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__,
        "errorMessage": str(error),
    }


class Logs:
    """The log of one function."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.current = CurrentRequest()
        self._json = environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        self._level = environ.get("AWS_LAMBDA_LOG_LEVEL", "").upper().replace("TRACE", "DEBUG")
        self._sink = StandardLogSink()

    def set_up(self) -> None:
        """Give the root logger AWS's handler and format; its level stays WARNING unless one was chosen."""
        logging.Formatter.converter = time.gmtime
        handler = LambdaLoggerHandler(self._sink)
        formatter = JsonFormatter() if self._json else logging.Formatter(_TEXT_FORMAT, _DATE_FORMAT)
        handler.setFormatter(formatter)
        handler.addFilter(LambdaLoggerFilter(self.current))
        root = logging.getLogger()
        if self._level:
            number = logging.getLevelName(self._level)
            root.setLevel(number if isinstance(number, int) else root.level)
        root.addHandler(handler)

    def error(self, report: Mapping[str, Any]) -> None:
        """Write an error as the function's log shows it."""
        if self._json:
            now = time.strftime(_DATE_FORMAT, time.gmtime())
            line = {"timestamp": now, "level": "ERROR", **report}
            self._sink.log(json.dumps(line) + "\n")
            return
        text = "\n".join(_error_lines(report)) + "\n"
        self._sink.log(text.encode("utf-8", "backslashreplace").decode())


def _error_lines(report: Mapping[str, Any]) -> list[str]:
    kind, message = report["errorType"], report["errorMessage"]
    first = f"[ERROR] {kind}" if kind else "[ERROR]"
    if message:
        first += f": {message}" if kind else f" {message}"
    lines = [first, "Traceback (most recent call last):"]
    for entry in report["stackTrace"]:
        for line in entry.splitlines() or [""]:
            text = line.lstrip(" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(text)) + text)
    return lines
