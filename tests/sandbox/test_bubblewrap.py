"""The rootless driver. As root the tests have its spawner run as another user."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.conformance import DriverSuite
from tests.sandbox.spawned import NEEDS_BWRAP, DirectBench, bench_of
from tests.sandbox.storage_conformance import StorageSuite
from tests.sandbox.succession import SuccessionSuite

pytestmark = NEEDS_BWRAP


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DirectBench]:
    async with bench_of("bubblewrap", tmp_path) as made:
        yield made


class TestBubblewrap(DriverSuite, StorageSuite, SuccessionSuite):
    """It passes the suites but for what the table says."""
