"""Reserved and provisioned concurrency, as a user sees them."""

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.acceptance.daemon_process import DaemonProcess, end
from tests.acceptance.functions import call, create
from tests.acceptance.waiting import eventually, lines_written

STAYS = """
import json, os, time, urllib.request

def opened(gate):
    address = f"http://127.0.0.1:4566/2019-09-30/functions/{gate}/concurrency"
    with urllib.request.urlopen(address) as answer:
        return bool(json.load(answer))

while "INIT_GATE" in os.environ and not opened(os.environ["INIT_GATE"]):
    time.sleep(0.05)

def handler(gate, context):
    print("staying")
    while gate and not opened(gate):
        time.sleep(0.05)
    return os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"]
"""
"""Runs on until something is reserved for the function that it is told, and inits until then if it has an INIT_GATE."""


def throttled(lam: Any, name: str, **settings: Any) -> str:
    """The reason for which a call is throttled."""
    with pytest.raises(lam.exceptions.TooManyRequestsException) as refused:
        call(lam, name, **settings)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
    assert answer["Error"]["Message"] == "Rate Exceeded."
    assert "retryAfterSeconds" not in answer  # recorded of these throttles
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


def publish(lam: Any, name: str, code: str, alias: str = "live", **settings: Any) -> None:
    """A function with a version and an alias of it."""
    create(lam, name, code, Timeout=60, **settings)
    lam.publish_version(FunctionName=name)
    lam.get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )
    lam.create_alias(FunctionName=name, Name=alias, FunctionVersion="1")


def provision(lam: Any, name: str, executions: int) -> dict[str, Any]:
    """Have so many ready for its alias."""
    answer: dict[str, Any] = lam.put_provisioned_concurrency_config(
        FunctionName=name, Qualifier="live", ProvisionedConcurrentExecutions=executions
    )
    return answer


def standing(lam: Any, name: str) -> tuple[str, int, int, int]:
    """Status, requested, allocated, available."""
    config = lam.get_provisioned_concurrency_config(FunctionName=name, Qualifier="live")
    return (
        config["Status"],
        config["RequestedProvisionedConcurrentExecutions"],
        config["AllocatedProvisionedConcurrentExecutions"],
        config["AvailableProvisionedConcurrentExecutions"],
    )


def test_environments_are_ready_before_they_are_needed(own_daemon: DaemonProcess) -> None:
    lam = own_daemon.client("lambda")
    publish(lam, "kept", STAYS, Environment={"Variables": {"INIT_GATE": "init-gate"}})
    for gate in ("gate", "init-gate"):
        create(lam, gate, STAYS)
    put = provision(lam, "kept", 2)
    assert put["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert (put["Status"], put["AvailableProvisionedConcurrentExecutions"]) == ("IN_PROGRESS", 0)
    eventually(lambda: standing(lam, "kept") == ("IN_PROGRESS", 2, 2, 0))
    lam.put_function_concurrency(FunctionName="init-gate", ReservedConcurrentExecutions=0)
    eventually(lambda: standing(lam, "kept") == ("READY", 2, 2, 2))

    first = lam.invoke(FunctionName="kept", Qualifier="live", LogType="Tail", Payload=b"null")
    assert first["Payload"].read() == b'"provisioned-concurrency"'
    log = base64.b64decode(first["LogResult"]).decode()
    assert "REPORT RequestId" in log
    assert "Init" not in log
    assert call(lam, "kept") == ("on-demand", "")  # $LATEST has none

    live: dict[str, Any] = {"Qualifier": "live"}
    with ThreadPoolExecutor(3) as pool:  # two take them, the third spills over
        running = [
            pool.submit(call, own_daemon.client("lambda"), "kept", "gate", **live) for _ in range(3)
        ]
        lines_written(own_daemon.client("logs"), "kept", "staying", count=5)
        lam.put_function_concurrency(FunctionName="gate", ReservedConcurrentExecutions=0)
        kinds = sorted(future.result()[0] for future in running)
    assert kinds == ["on-demand", "provisioned-concurrency", "provisioned-concurrency"]

    lam.put_function_concurrency(FunctionName="kept", ReservedConcurrentExecutions=2)
    assert throttled(lam, "kept") == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert call(lam, "kept", **live) == ("provisioned-concurrency", "")

    lam.delete_function_concurrency(FunctionName="init-gate")
    old = own_daemon.health()["processes"]["edge"]
    end(old)
    eventually(lambda: _status(own_daemon) == ("IN_PROGRESS", 2, 2, 0))
    lam.put_function_concurrency(FunctionName="init-gate", ReservedConcurrentExecutions=0)
    eventually(lambda: _status(own_daemon) == ("READY", 2, 2, 2))
    assert own_daemon.health()["processes"]["edge"] != old
    assert call(lam, "kept", **live) == ("provisioned-concurrency", "")

    assert _held(own_daemon) >= 2
    lam.delete_provisioned_concurrency_config(FunctionName="kept", Qualifier="live")
    eventually(lambda: _held(own_daemon) == 0)
    assert call(lam, "kept", **live) == ("on-demand", "")
    with pytest.raises(lam.exceptions.ProvisionedConcurrencyConfigNotFoundException):
        standing(lam, "kept")


def _held(daemon: DaemonProcess) -> int:
    """Environments that are not stem cells, or not yet."""
    health = daemon.health()
    environments: int = health["environments"]
    cells: dict[str, int] = health["cells"]
    return environments - sum(cells.values())


def _status(daemon: DaemonProcess) -> tuple[str, int, int, int] | None:
    """None while the edge is away."""
    try:
        return standing(daemon.client("lambda"), "kept")
    except (BotoCoreError, ClientError):
        return None


def test_a_function_that_cannot_init_is_never_ready(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda")
    publish(lam, "never-ready", "raise RuntimeError('no')")
    provision(lam, "never-ready", 1)
    eventually(lambda: standing(lam, "never-ready")[0] == "FAILED")
    listed = lam.list_provisioned_concurrency_configs(FunctionName="never-ready")
    (config,) = listed["ProvisionedConcurrencyConfigs"]
    assert config["StatusReason"] == "FUNCTION_ERROR_INIT_FAILURE"
    assert config["AvailableProvisionedConcurrentExecutions"] == 0
    lam.delete_function(FunctionName="never-ready")
