"""A clock that moves when a test says so."""


class ManualClock:
    """Starts at an instant that is easy to recognise: 2024-05-01T12:34:56.789Z."""

    def __init__(self, *, epoch_ms: int = 1_714_566_896_789) -> None:
        self._epoch_ms, self._monotonic = epoch_ms, 1_000.0

    def epoch_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return self._epoch_ms

    def monotonic(self) -> float:
        """Seconds since some start."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._epoch_ms += round(seconds * 1000)
        self._monotonic += seconds
