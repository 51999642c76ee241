"""A clock that tests move by hand."""


class ManualClock:
    """Stands still until `advance` is called."""

    def __init__(self, *, epoch_ms: int = 1_767_225_600_000) -> None:
        self._epoch_ms = epoch_ms
        self._monotonic = 0.0

    def epoch_ms(self) -> int:
        """Milliseconds since 1970."""
        return self._epoch_ms

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._monotonic += seconds
        self._epoch_ms += round(seconds * 1000)
