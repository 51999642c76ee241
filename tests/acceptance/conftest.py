"""One daemon for each worker; what it leaves behind fails the run."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import DaemonProcess, alive


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, and skip it where sandboxes cannot be made."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.acceptance)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(90))
            if os.geteuid() != 0:
                item.add_marker(pytest.mark.skip(reason="real sandboxes need root"))


@pytest.fixture(scope="session")
def daemon() -> Iterator[DaemonProcess]:
    """A started daemon, shared by the tests of one worker."""
    with tempfile.TemporaryDirectory(prefix="lambent-acceptance-") as parent:
        running = DaemonProcess(Path(parent) / "data")
        running.start()
        yield running
        below = running.descendants()
        assert running.stop() == 0
        assert [pid for pid in below if alive(pid)] == []
        assert running.leftovers() == []


@pytest.fixture
def own_daemon(tmp_path: Path) -> Iterator[DaemonProcess]:
    """A started daemon that a test may break."""
    running = DaemonProcess(tmp_path / "data")
    running.start()
    yield running
    running.stop()
    assert running.leftovers() == []


@pytest.fixture
def lam(daemon: DaemonProcess) -> Any:
    """A Lambda client in us-east-1."""
    return daemon.client("lambda")


@pytest.fixture
def logs(daemon: DaemonProcess) -> Any:
    """A CloudWatch Logs client in us-east-1."""
    return daemon.client("logs")
