"""Exponential back-off as a pure function."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How long to wait before attempt N, doubling from `first_seconds` up to `longest_seconds`."""

    first_seconds: float
    longest_seconds: float

    def before(self, attempt: int) -> float:
        """Seconds to wait before `attempt`; the first attempt, 0, is not waited for."""
        if attempt <= 0:
            return 0.0
        return float(min(self.longest_seconds, self.first_seconds * 2 ** min(attempt - 1, 62)))
