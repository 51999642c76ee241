"""Many at once, and functions that misbehave beside others."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create
from tests.acceptance.waiting import eventually

SLEEPER = "import time, os\ndef handler(e, c):\n    time.sleep(0.5)\n    return os.getpid()\n"


def test_64_invocations_run_at_once_each_in_its_own_environment(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda")
    create(lam, "sleeper", SLEEPER, Timeout=30)
    with ThreadPoolExecutor(64) as pool:
        for _ in range(2):
            answers = list(pool.map(lambda _: call(lam, "sleeper"), range(64)))
            assert all(error == "" for _, error in answers)


def test_lists_answer_while_functions_burn_cpu(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda")
    burn = "import time\ndef handler(e, c):\n    end = time.time() + 3\n    while time.time() < end: pass\n"
    create(lam, "burner", burn, Timeout=60, MemorySize=128)
    with ThreadPoolExecutor(16) as pool:
        burning = [pool.submit(call, lam, "burner") for _ in range(16)]
        for _ in range(20):
            assert lam.list_functions()["Functions"]
        assert all(one.result()[1] == "" for one in burning)


def test_a_client_that_goes_away_does_not_stop_its_invocation(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda")
    create(lam, "left", "import time\ndef handler(e, c):\n    time.sleep(1)\n    print('RAN ON')\n")
    with pytest.raises(ReadTimeoutError):
        daemon.client("lambda", read_timeout=0.3).invoke(FunctionName="left")
    logs = daemon.client("logs")
    eventually(lambda: _has(logs, "/aws/lambda/left", "RAN ON"))
    assert call(lam, "left") == (None, "")


def _has(logs: Any, group: str, text: str) -> bool:
    try:
        events = logs.filter_log_events(logGroupName=group)["events"]
    except ClientError:
        return False
    return any(text in event["message"] for event in events)


def test_a_function_that_floods_its_log_slows_no_other(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda")
    create(
        lam,
        "flood",
        "import sys\ndef handler(e, c):\n    for _ in range(300): sys.stdout.write(('x' * 999 + '\\n') * 200)\n",
        Timeout=60,
    )
    create(lam, "calm", "def handler(e, c): return 1")
    done = threading.Event()

    def flood() -> None:
        assert call(lam, "flood")[1] == ""
        done.set()

    flooding = threading.Thread(target=flood)
    flooding.start()
    worst = 0.0
    while not done.is_set():
        begun = time.monotonic()
        assert call(lam, "calm") == (1, "")
        worst = max(worst, time.monotonic() - begun)
    flooding.join()
    assert worst < 5


def test_a_function_that_calls_itself_without_end_is_throttled(tmp_path: Path) -> None:
    config = tmp_path / "lambent.toml"
    config.write_text("[limits]\nconcurrent_executions = 40\n")
    with DaemonProcess(tmp_path / "data", "--config", str(config)) as daemon:
        _call_endlessly(daemon)


def _call_endlessly(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda")
    limits = lam.get_account_settings()["AccountLimit"]
    assert limits["ConcurrentExecutions"] == limits["UnreservedConcurrentExecutions"] == 40
    code = """
import http.client, json, os
def handler(event, context):
    connection = http.client.HTTPConnection('127.0.0.1', 4566, timeout=50)
    connection.request('POST', '/2015-03-31/functions/endless/invocations', json.dumps(event + 1))
    answer = connection.getresponse()
    body = answer.read()
    return [event, answer.status] if answer.status != 200 else json.loads(body)
"""
    create(lam, "endless", code, Timeout=55)
    result, error = call(lam, "endless", 0)
    assert error == ""
    depth, status = result
    assert (depth, status) == (39, 429)
    assert daemon.health()["status"] == "ok"
