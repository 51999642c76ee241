"""How much memory this host has left."""

from pathlib import Path
from typing import Final

from lambent.kit.clock import Clock

_MEMINFO: Final = Path("/proc/meminfo")
_PRESSURE: Final = Path("/proc/pressure/memory")
_STALLING_PERCENT: Final = 10.0
_FRESH_SECONDS: Final = 0.05


class HostMemory:
    """Reads MemAvailable, at most twenty times a second."""

    def __init__(
        self, *, clock: Clock, meminfo: Path = _MEMINFO, pressure: Path = _PRESSURE
    ) -> None:
        self._clock, self._meminfo, self._pressure = clock, meminfo, pressure
        self._read_at, self._available = -_FRESH_SECONDS, 0

    def available_bytes(self) -> int:
        """What can be had without swapping, by the kernel's estimate."""
        now = self._clock.monotonic()
        if now - self._read_at >= _FRESH_SECONDS:
            self._read_at, self._available = now, self._field("MemAvailable")
        return self._available

    def stalls(self) -> bool:
        """Whether processes have lately waited for memory for a tenth of the time; a kernel that does not count it says no."""
        try:
            some = self._pressure.read_text().splitlines()[0]
        except OSError:
            return False
        found = dict(field.split("=", 1) for field in some.split()[1:])
        return float(found["avg10"]) >= _STALLING_PERCENT

    def total_bytes(self) -> int:
        """What the host has."""
        return self._field("MemTotal")

    def _field(self, name: str) -> int:
        for line in self._meminfo.read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        raise ValueError(f"{self._meminfo} has no {name}")
