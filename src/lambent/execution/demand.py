"""How many stem cells recent cold starts ask for; pure."""

from collections.abc import Mapping
from typing import Final

_SPAN_SECONDS: Final = 10.0
_SPANS: Final = 6


class Demand:
    """Counts cold starts by runtime.

    A runtime that was used lately wants as many cells as it had cold starts in the busiest ten seconds of the last minute:
    what comes again finds as many. Never fewer than `fewest`, never more than `most`.
    """

    def __init__(self, *, fewest: int, most: int, lately_seconds: float) -> None:
        self._fewest, self._most, self._lately_seconds = fewest, most, lately_seconds
        self._used_at: dict[str, float] = {}
        self._spans: dict[str, dict[int, int]] = {}

    def starts(self, identifier: str, now: float) -> None:
        """A cold start of this runtime."""
        span = int(now / _SPAN_SECONDS)
        self._used_at[identifier] = now
        counts = self._spans.setdefault(identifier, {})
        counts[span] = counts.get(span, 0) + 1

    def wanted(self, now: float) -> Mapping[str, int]:
        """How many cells of each runtime there should be."""
        oldest = int(now / _SPAN_SECONDS) - _SPANS
        wanted: dict[str, int] = {}
        for identifier, at in tuple(self._used_at.items()):
            if now - at > self._lately_seconds:
                del self._used_at[identifier], self._spans[identifier]
                continue
            counts = self._spans[identifier]
            for span in [span for span in counts if span <= oldest]:
                del counts[span]
            busiest = max(counts.values(), default=0)
            wanted[identifier] = max(self._fewest, min(self._most, busiest))
        return wanted
