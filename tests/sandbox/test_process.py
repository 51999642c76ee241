"""The driver without walls: any user, any host."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.sandbox.conformance import DriverSuite
from tests.sandbox.spawned import DirectBench, client_of, instance, subreaper


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[DirectBench]:
    with subreaper(), instance(tmp_path / "i", isolation="process") as made:
        async with client_of(made) as client:
            yield DirectBench(client, made)


class TestProcess(DriverSuite):
    """It passes the suite but for what the table says."""
