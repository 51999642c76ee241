"""The only reader of the time."""

import time
from typing import Protocol


class Clock(Protocol):
    """Wall time for what people read, monotonic time for what must not jump."""

    def epoch_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""
        ...


class SystemClock:
    """The machine's clock."""

    monotonic = staticmethod(time.monotonic)
    """Seconds since some start."""

    def epoch_ms(self) -> int:
        """Milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000
