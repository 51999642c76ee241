"""Log lines on their way to a stream, and as they are read back."""

from typing import NamedTuple


class LogStreamKey(NamedTuple):
    """What names a log stream."""

    account_id: str
    region: str
    group: str
    stream: str


class LogLine(NamedTuple):
    """One line of a stream: when it was written and what it says, without the newline."""

    epoch_ms: int
    message: bytes
