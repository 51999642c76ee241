"""The fake keeps the port's promises, so that tests above it mean something."""

from collections.abc import Callable

import pytest

from tests.fakes.clock import ManualClock
from tests.fakes.log_events import MemoryLogs
from tests.state.log_events_conformance import NOW, LogEventsConformance, Logs


class TestMemoryLogs(LogEventsConformance):
    @pytest.fixture
    def fresh(self) -> Callable[[], Logs]:
        def make() -> Logs:
            clock = ManualClock(epoch_ms=NOW)
            store = MemoryLogs(clock=clock)
            return Logs(store, store, clock)

        return make
