"""Time that moves when a test says so."""


class ManualClock:
    """A Clock that stands still between calls of `advance`."""

    def __init__(self, *, epoch_ms: int = 1_700_000_000_000) -> None:
        self._epoch_ms, self._monotonic = float(epoch_ms), 0.0

    def epoch_ms(self) -> int:
        return int(self._epoch_ms)

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._epoch_ms += seconds * 1000
        self._monotonic += seconds
