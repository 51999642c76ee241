"""A clock that moves when it is told to."""


class ManualClock:
    """Stands still until `advance`."""

    def __init__(self, *, epoch_ms: int = 1_764_000_000_000) -> None:
        self._epoch_ms = float(epoch_ms)
        self._monotonic = 1_000.0

    def epoch_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return int(self._epoch_ms)

    def monotonic(self) -> float:
        """Seconds since some start."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._epoch_ms += seconds * 1_000
        self._monotonic += seconds
