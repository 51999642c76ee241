"""The daemon's own log: one event a line on stderr, with the ids that it concerns."""

import logging
import sys
from datetime import UTC, datetime
from typing import Final

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


def set_up_logging(*, program: str, level: str) -> None:
    """Send everything of `level` and above to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LineFormatter(program=program))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
