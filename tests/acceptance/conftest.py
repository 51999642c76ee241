"""One daemon for each worker; what it leaves behind fails the run."""

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lambent.daemon.host import LinuxHost
from lambent.daemon.isolation import findings_for
from lambent.sandbox.drivers import Driver
from tests.acceptance.daemon_process import DaemonProcess, alive


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder, and skip it where sandboxes cannot be made."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.acceptance)
            if item.get_closest_marker("timeout") is None:
                item.add_marker(pytest.mark.timeout(90))
            reason = _why_skip(item)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


def _why_skip(item: pytest.Item) -> str:
    """Why a test can't hold here: no sandboxes, or a promise that this user's driver does not give."""
    driver, lacking = _driver()
    if lacking:
        return f"no isolation here: {lacking}"
    for marker in item.iter_markers("promise"):
        instead = driver.lacks.get(marker.args[0])
        if instead:
            return f"{driver.name} does not promise {marker.args[0]}: {instead}"
    return ""


@cache
def _driver() -> tuple[Driver, str]:
    """The driver that a daemon of this user's gets, and what it lacks to get it."""
    driver, findings = findings_for(LinuxHost())
    lacking = [f"{f.what}: {f.seen}" for f in findings if f.needed and not f.held]
    return driver, "; ".join(lacking)


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
