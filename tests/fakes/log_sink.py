"""A sink that remembers."""

from collections.abc import Sequence

from lambent.model.logs import LogLine, LogStreamKey


class MemoryLogSink:
    """Keeps what it was given; congested when told so."""

    def __init__(self) -> None:
        self.appended: list[tuple[LogStreamKey, Sequence[LogLine]]] = []
        self.congested = False

    def append(self, key: LogStreamKey, lines: Sequence[LogLine]) -> None:
        self.appended.append((key, lines))

    def events(self, key: LogStreamKey | None = None) -> list[str]:
        """Every event, split as a reader splits them."""
        found: list[str] = []
        for whose, lines in self.appended:
            if key is not None and whose != key:
                continue
            for line in lines:
                text = line.message.decode("utf-8", "replace")
                if line.many:
                    *whole, rest = text.split("\n")
                    found += [part + "\n" for part in whole] + ([rest] if rest else [])
                else:
                    found.append(text)
        return found
