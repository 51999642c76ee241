"""A clock that tests move."""


class ManualClock:
    """Stands still until `advance`."""

    def __init__(self, *, epoch_ms: int = 1_764_072_000_000, monotonic: float = 1000.0) -> None:
        self._start_ms, self._start = epoch_ms, monotonic
        self._passed = 0.0

    def epoch_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return self._start_ms + int(self._passed * 1000)

    def monotonic(self) -> float:
        """Seconds."""
        return self._start + self._passed

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._passed += seconds
