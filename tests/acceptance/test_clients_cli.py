"""The AWS CLI, versions 1 and 2 as they are published, in both partitions: a function's life in few calls."""

import base64
import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.aws_clients import PARTITIONS, Cli, cli_1, cli_2
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import RUNTIME, call, zipped
from tests.acceptance.waiting import lines_written

pytestmark = pytest.mark.timeout(240)  # the programs take a second of CPU a call
BOTH = pytest.mark.parametrize(
    "region", ["cn-north-1", pytest.param("us-east-1", marks=pytest.mark.slow)]
)
CODE = """
def handler(event, context):
    print("said", event)
    return {"hello": event}
"""


def born(cli: Cli, name: str, folder: Path) -> None:
    """Create a function from a zip file, wait until it is active, and call it."""
    (folder / "function.zip").write_bytes(zipped({"app.py": CODE}))
    partition = PARTITIONS[cli.region]
    settings = {
        "--function-name": name,
        "--runtime": RUNTIME,
        "--handler": "app.handler",
        "--role": f"arn:{partition}:iam::000000000000:role/any",
        "--zip-file": "fileb://function.zip",
    }
    flat = [word for pair in settings.items() for word in pair]
    made = cli.document("lambda", "create-function", *flat)
    assert (
        made["FunctionArn"] == f"arn:{partition}:lambda:{cli.region}:000000000000:function:{name}"
    )
    assert cli.run("lambda", "wait", "function-active-v2", "--function-name", name) == ""


def calls(cli: Cli, name: str, folder: Path, *options: str) -> None:
    payload = ("--payload", '{"name": "zoë"}', "--log-type", "Tail")
    told = cli.document(
        "lambda", "invoke", "--function-name", name, *payload, *options, "answer.json"
    )
    log = base64.b64decode(told.pop("LogResult")).decode()
    assert told == {"StatusCode": 200, "ExecutedVersion": "$LATEST"}
    assert json.loads((folder / "answer.json").read_text()) == {"hello": {"name": "zoë"}}
    assert log.startswith("START RequestId: ")
    assert "\nsaid {'name': 'zoë'}\nEND RequestId: " in log


@contextlib.contextmanager
def following(cli: Cli, name: str) -> Iterator["subprocess.Popen[str]"]:
    """`aws logs tail --follow`, ended by Ctrl-C as a person would."""
    tail = cli.popen("logs", "tail", f"/aws/lambda/{name}", "--follow", "--format", "short")
    try:
        yield tail
    finally:
        tail.send_signal(signal.SIGINT)
        _, complaints = tail.communicate(timeout=30)
    assert complaints == ""


def awaited(tail: "subprocess.Popen[str]", text: str) -> None:
    assert tail.stdout is not None
    seen = []
    for line in tail.stdout:
        seen.append(line)
        if line.rstrip().endswith(text):
            return
    raise AssertionError("".join(seen))


@BOTH
def test_version_2_creates_calls_follows_and_deletes(
    daemon: DaemonProcess, tmp_path: Path, region: str
) -> None:
    name = "cli-2"
    cli = Cli(cli_2(), home=tmp_path, endpoint=daemon.endpoint, region=region)
    born(cli, name, tmp_path)
    calls(cli, name, tmp_path, "--cli-binary-format", "raw-in-base64-out")
    lines_written(daemon.client("logs", region=region), name, "said")
    with following(cli, name) as tail:
        awaited(tail, "said {'name': 'zoë'}")
        call(daemon.client("lambda", region=region), name, "later")
        awaited(tail, "said later")
    cli.run("lambda", "delete-function", "--function-name", name)


@BOTH
def test_version_1_creates_calls_reads_logs_and_deletes(
    daemon: DaemonProcess, tmp_path: Path, region: str
) -> None:
    name = "cli-1"
    cli = Cli(cli_1(), home=tmp_path, endpoint=daemon.endpoint, region=region)
    born(cli, name, tmp_path)
    calls(cli, name, tmp_path)
    lines_written(daemon.client("logs", region=region), name, "said")
    group = ("--log-group-name", f"/aws/lambda/{name}")
    messages = cli.document(
        "logs",
        "filter-log-events",
        *group,
        "--filter-pattern",
        "said",
        "--query",
        "events[].message",
    )
    assert messages == ["said {'name': 'zoë'}\n"]
    cli.run("lambda", "delete-function", "--function-name", name)
    status, why = cli.refused("lambda", "get-function", "--function-name", name)
    assert status == 255
    assert why.startswith("An error occurred (ResourceNotFoundException) when calling the Get")
