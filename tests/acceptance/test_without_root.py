"""`--isolation process`: it says what it is, and what must work does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import DaemonProcess, alive
from tests.acceptance.functions import call, create
from tests.acceptance.waiting import eventually

_CODE = """
import os, socket, urllib.request
def handler(event, context):
    print('said')
    endpoint = os.environ['AWS_ENDPOINT_URL']
    return {
        'health': urllib.request.urlopen(endpoint + '/_lambent/health').status,
        'here': os.getcwd() == os.environ['LAMBDA_TASK_ROOT'],
        'tmp': os.listdir(os.environ['TMPDIR']),
        'root': 0 in os.getresuid() + os.getresgid(),
    }
"""


@pytest.fixture(scope="module")
def open_daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    folder = Path(tmp_path_factory.mktemp("open"))
    running = DaemonProcess(folder / "data", "--isolation", "process")
    running.start()
    yield running
    below = running.descendants()
    assert running.stop() == 0
    assert [pid for pid in below if alive(pid)] == []
    assert running.leftovers() == []
    assert list((folder / "data/processes").iterdir()) == []


def test_it_says_that_nothing_is_isolated_and_runs_functions(open_daemon: DaemonProcess) -> None:
    health = open_daemon.health()
    assert health["isolated"] is False
    assert "NOT isolated" in health["isolation"]
    client: Any = open_daemon.client("lambda")
    create(client, "open", _CODE)
    assert call(client, "open") == (
        {"health": 200, "here": True, "tmp": [], "root": False},
        "",
    )
    told = open_daemon.log.read_text().splitlines()
    warning = "functions are NOT isolated"
    eventually(lambda: any("isolation  process: " in line for line in _lines(open_daemon)))
    assert any(warning in line and "WARNING" in line for line in told)


def _lines(daemon: DaemonProcess) -> list[str]:
    return daemon.log.read_text().splitlines()
