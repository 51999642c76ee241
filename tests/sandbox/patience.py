"""How long tests of sandboxes wait for what is bound to come: much longer than it takes, for it only ends a test that has failed."""

from pathlib import Path
from typing import Final

_SLOWNESS: Final = 5 if "User Mode Linux" in Path("/proc/cpuinfo").read_text() else 1
PATIENCE_SECONDS: Final = 60.0 * _SLOWNESS
"""For one thing."""
TEST_SECONDS: Final = 120.0 * _SLOWNESS
"""For a whole test."""
