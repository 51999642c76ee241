"""The daemon's own log: one event a line on stderr or in a file, with the ids that it concerns."""

import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Final

from lambent.kit.log_file import LogFile

_STDERR: Final = 2
_STANDARD: Final = frozenset(
    (*vars(logging.LogRecord("", 0, "", 0, "", (), None)), "message", "asctime", "taskName")
)


class LineFormatter(logging.Formatter):
    """`TIME LEVEL PROGRAM LOGGER MESSAGE key=value …`; line breaks are shown as \\n."""

    def __init__(self, *, program: str) -> None:
        super().__init__()
        self._program = program

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever the message or its traceback holds."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        parts = [at.replace("+00:00", "Z"), record.levelname, self._program, record.name]
        parts.append(record.getMessage())
        parts += [f"{k}={v}" for k, v in vars(record).items() if k not in _STANDARD]
        if record.exc_info:
            parts.append(self.formatException(record.exc_info))
        return " ".join(parts).replace("\r", "\\r").replace("\n", "\\n")


class FileHandler(logging.Handler):
    """Writes lines to a LogFile; what a full disk refuses is counted, and told as soon as it takes lines again."""

    def __init__(self, file: LogFile) -> None:
        super().__init__()
        self._file = file
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; never raises for the disk's sake."""
        line = self.format(record)
        try:
            if self._lost:
                self._file.write(f"\n{self.format(_missing(self._lost))}\n".encode())
                self._lost = 0
            self._file.write(f"{line}\n".encode("utf-8", "backslashreplace"))
        except OSError:
            self._lost += 1


def _missing(lines: int) -> logging.LogRecord:
    return logging.makeLogRecord(
        {
            "name": __name__,
            "levelno": logging.ERROR,
            "levelname": "ERROR",
            "msg": f"{lines} lines are missing here: the disk did not take them",
        }
    )


def set_up_logging(*, program: str, level: str, file: Path | None = None) -> None:
    """Send everything of `level` and above to stderr; with `file`, stderr itself goes there. Raises OSError."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file is not None:
        log_file = LogFile(file, descriptor=_STDERR)
        log_file.catch_up()
        handler = FileHandler(log_file)
        sys.excepthook = _logged
    handler.setFormatter(LineFormatter(program=program))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)


def _logged(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What ends the program, in the current file even if that was rotated since this program's last line."""
    logging.getLogger(__name__).critical("ended by an exception", exc_info=(kind, error, trace))
