"""Log lines on their way to a stream, and as they are read back."""

from typing import NamedTuple


class LogStreamKey(NamedTuple):
    """What names a log stream."""

    account_id: str
    region: str
    group: str
    stream: str


class LogLine(NamedTuple):
    """What was written at one moment, byte for byte: a line keeps its newline, a line cut short has none."""

    epoch_ms: int
    message: bytes
    many: bool = False
    """Whether `message` is several lines, an event each: who reads them splits them, so that who writes need not.

    Otherwise it is one event, whatever newlines it holds (a REPORT with its XRAY line is one).
    """
