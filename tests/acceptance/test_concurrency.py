"""Reserved concurrency, as a user sees it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create
from tests.acceptance.waiting import lines_written

STAYS = """
import json, os, time, urllib.request

def opened(gate):
    address = f"http://127.0.0.1:4566/2019-09-30/functions/{gate}/concurrency"
    with urllib.request.urlopen(address) as answer:
        return bool(json.load(answer))

def handler(gate, context):
    print("staying")
    while gate and not opened(gate):
        time.sleep(0.05)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
"""Runs on until something is reserved for the function that it is told."""


def throttled(lam: Any, name: str, **settings: Any) -> str:
    """The reason for which a call is throttled."""
    with pytest.raises(lam.exceptions.TooManyRequestsException) as refused:
        call(lam, name, **settings)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["Error"]["Message"] == "Rate Exceeded."
    assert answer["retryAfterSeconds"] == "1"
    reason: str = answer["Reason"]
    return reason


def test_a_function_runs_as_often_as_is_reserved_for_it(daemon: DaemonProcess) -> None:
    lam, logs = daemon.client("lambda"), daemon.client("logs")
    create(lam, "one-at-a-time", STAYS, Timeout=60)
    create(lam, "one-at-a-time-gate", STAYS)
    lam.put_function_concurrency(FunctionName="one-at-a-time", ReservedConcurrentExecutions=1)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(call, daemon.client("lambda"), "one-at-a-time", "one-at-a-time-gate")
        lines_written(logs, "one-at-a-time", "staying")
        assert (
            throttled(lam, "one-at-a-time") == "ReservedFunctionConcurrentInvocationLimitExceeded"
        )
        lam.put_function_concurrency(
            FunctionName="one-at-a-time-gate", ReservedConcurrentExecutions=0
        )
        assert running.result() == ("on-demand", "")
    assert call(lam, "one-at-a-time") == ("on-demand", "")

    lam.put_function_concurrency(FunctionName="one-at-a-time", ReservedConcurrentExecutions=0)
    assert throttled(lam, "one-at-a-time") == "ReservedFunctionConcurrentInvocationLimitExceeded"
    lam.delete_function_concurrency(FunctionName="one-at-a-time")
    assert call(lam, "one-at-a-time") == ("on-demand", "")
