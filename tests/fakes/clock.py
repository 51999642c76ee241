"""A clock that moves when told."""


class ManualClock:
    """`lambent.kit.clock.Clock`, standing still until `advance`."""

    def __init__(self, *, epoch_ms: int = 1_700_000_000_000, monotonic: float = 1_000.0) -> None:
        self._epoch_ms, self._monotonic = float(epoch_ms), monotonic

    def epoch_ms(self) -> int:
        return int(self._epoch_ms)

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._epoch_ms += seconds * 1000
        self._monotonic += seconds
