"""The rootless driver. As root the tests have their spawner run as another user."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.sandbox.conformance import DriverSuite
from tests.sandbox.spawned import NEEDS_BWRAP, DirectBench, client_of, instance, subreaper

pytestmark = NEEDS_BWRAP


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that any user reaches: pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="lambent-rootless-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
async def bench(open_folder: Path) -> AsyncIterator[DirectBench]:
    user = 65_534 if os.geteuid() == 0 else None
    with subreaper(), instance(open_folder / "i", isolation="bubblewrap", user=user) as made:
        async with client_of(made) as client:
            yield DirectBench(client, made)


class TestBubblewrap(DriverSuite):
    """It passes the suite but for what the table says."""
