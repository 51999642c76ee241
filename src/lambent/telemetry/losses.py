"""Lines that could not be kept: counted by stream, so that each stream can say what is missing in it."""

from collections.abc import Sequence
from typing import Final

from lambent.kit.clock import Clock
from lambent.model.logs import LogLine, LogStreamKey

_MOST_STREAMS: Final = 10_000


class Losses:
    """What was lost and not yet told. True while there is something to tell."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._counts: dict[LogStreamKey, tuple[int, int]] = {}

    def __bool__(self) -> bool:
        return bool(self._counts)

    def add(self, key: LogStreamKey, lines: Sequence[LogLine]) -> None:
        """Count `lines` as lost; beyond ten thousand streams with a loss untold, the newest goes uncounted."""
        if key not in self._counts and len(self._counts) >= _MOST_STREAMS:
            return
        events, size = self._counts.get(key, (0, 0))
        for line in lines:
            events += max(line.message.count(b"\n"), 1) if line.many else 1
            size += len(line.message)
        self._counts[key] = (events, size)

    def take(self, key: LogStreamKey) -> LogLine | None:
        """The line that tells what `key` lost until now; None when it lost nothing."""
        count = self._counts.pop(key, None)
        return None if count is None else self._told(*count)

    def take_all(self) -> list[tuple[LogStreamKey, LogLine]]:
        """The same for every stream."""
        counts, self._counts = self._counts, {}
        return [(key, self._told(*count)) for key, count in counts.items()]

    def _told(self, events: int, size: int) -> LogLine:
        text = (
            f"[lambent] {events} log lines ({size} bytes) are missing here: "
            "more was logged on this host than could be written\n"
        )
        return LogLine(self._clock.epoch_ms(), text.encode())
