"""A clock that moves when a test says so."""


class ManualClock:
    """Stands still until `advance`; starts at an instant that is easy to recognise: 2024-05-01T12:34:56.789Z."""

    def __init__(self, *, epoch_ms: int = 1_714_566_896_789, monotonic: float = 1_000.0) -> None:
        self._start_ms, self._start = epoch_ms, monotonic
        self._passed = 0.0

    def epoch_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return self._start_ms + int(self._passed * 1000)

    def monotonic(self) -> float:
        """Seconds since some start."""
        return self._start + self._passed

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._passed += seconds
