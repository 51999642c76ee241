"""Where log lines go."""

from collections.abc import Sequence
from typing import Protocol

from lambent.model.logs import LogLine, LogStreamKey


class LogSink(Protocol):
    """Takes lines for durable streams."""

    def append(self, key: LogStreamKey, lines: Sequence[LogLine]) -> None:
        """Queue `lines` in their order; returns at once and never raises."""
        ...

    @property
    def congested(self) -> bool:
        """Whether so much waits to be written that readers of output should pause for a moment."""
        ...
