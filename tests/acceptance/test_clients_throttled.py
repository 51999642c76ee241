"""What each client makes of 429: its own retries first, then its own error."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tests.acceptance.aws_clients import Cli, cli_1, cli_2
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create
from tests.acceptance.test_clients_javascript import run_script
from tests.acceptance.waiting import lines_written

CODE = """
import time
def handler(event, context):
    print("staying")
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    """A daemon that may run one invocation at a time, and does."""
    folder = tmp_path_factory.mktemp("full")
    (folder / "lambent.toml").write_text("drain_seconds = 0\n[limits]\nconcurrent_executions = 1\n")
    with ThreadPoolExecutor(1) as pool:
        with DaemonProcess(folder / "data", "--config", str(folder / "lambent.toml")) as daemon:
            create(daemon.client("lambda"), "busy", CODE, Timeout=900)
            occupant = pool.submit(call, daemon.client("lambda"), "busy")
            lines_written(daemon.client("logs"), "busy", "staying")
            yield daemon
        with pytest.raises((BotoCoreError, ClientError)):
            occupant.result(60)
    assert daemon.leftovers() == []


def test_boto3_tries_again_and_then_tells(full: DaemonProcess) -> None:
    lam = boto3.client(
        "lambda",
        endpoint_url=full.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"mode": "standard", "total_max_attempts": 2}),
    )
    with pytest.raises(lam.exceptions.TooManyRequestsException) as refused:
        lam.invoke(FunctionName="busy")
    answer = refused.value.response
    assert answer["Error"]["Message"] == "Rate Exceeded."
    assert answer["Reason"] == "ConcurrentInvocationLimitExceeded"
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1


def test_javascript_tries_again_and_then_tells(full: DaemonProcess, tmp_path: Path) -> None:
    told = run_script(
        "throttled.mjs", "busy", endpoint=full.endpoint, region="us-east-1", home=tmp_path
    )
    assert json.loads(told) == [
        *("TooManyRequestsException", "Rate Exceeded.", "ConcurrentInvocationLimitExceeded"),
        *(429, 3),
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("program", "status"), [(cli_1, 255), (cli_2, 254)])
def test_the_cli_tries_again_and_then_tells(
    full: DaemonProcess, tmp_path: Path, program: Any, status: int
) -> None:
    cli = Cli(
        program(),
        home=tmp_path,
        endpoint=full.endpoint,
        region="us-east-1",
        AWS_MAX_ATTEMPTS="2",
        AWS_RETRY_MODE="standard",
    )
    told = cli.refused("lambda", "invoke", "--function-name", "busy", "answer")
    called = "An error occurred (TooManyRequestsException) when calling the Invoke operation"
    assert told == (status, f"{called} (reached max retries: 1): Rate Exceeded.")
