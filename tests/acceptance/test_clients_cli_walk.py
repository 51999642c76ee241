"""The AWS CLI, versions 1 and 2, through the rest of what is built: a call each second or so, so this is the slow tier."""

import base64
import hashlib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.aws_clients import PARTITIONS, Cli, cli_1, cli_2
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create, zipped

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

CODE = """
def handler(event, context):
    if event == "raise":
        raise ValueError("no")
    return event
"""
PROGRAMS = {1: cli_1, 2: cli_2}
REFUSED = {1: 255, 2: 254}
"""With which each version ends when the service refuses."""


@pytest.fixture(params=[(1, "us-east-1"), (1, "cn-north-1"), (2, "us-east-1"), (2, "cn-north-1")])
def walk(
    request: pytest.FixtureRequest, daemon: DaemonProcess, tmp_path: Path
) -> Iterator[tuple[int, Cli, str]]:
    """(version, the program in a region, a function that is there)."""
    version, region = request.param
    name = f"walk-{version}"
    lam = daemon.client("lambda", region=region)
    create(lam, name, CODE, Role=f"arn:{PARTITIONS[region]}:iam::000000000000:role/any")
    cli = Cli(PROGRAMS[version](), home=tmp_path, endpoint=daemon.endpoint, region=region)
    yield version, cli, name
    lam.delete_function(FunctionName=name)


def test_code_and_configuration_are_read_and_changed(
    walk: tuple[int, Cli, str], tmp_path: Path
) -> None:
    _, cli, name = walk
    function = ("--function-name", name)
    found = cli.document("lambda", "get-function", *function)
    with urllib.request.urlopen(found["Code"]["Location"], timeout=10) as answer:
        digest = base64.b64encode(hashlib.sha256(answer.read()).digest()).decode()
    assert found["Configuration"]["CodeSha256"] == digest
    (tmp_path / "new.zip").write_bytes(zipped({"app.py": "def handler(e, c): return 'new'"}))
    update = ("lambda", "update-function-code", *function, "--zip-file", "fileb://new.zip")
    tried = cli.document(*update, "--dry-run")
    assert cli.document("lambda", "get-function-configuration", *function)["CodeSha256"] == digest
    changed = cli.document(*update)
    assert changed["LastUpdateStatus"] == "InProgress"
    assert changed["CodeSha256"] == tried["CodeSha256"] != digest
    assert cli.run("lambda", "wait", "function-updated-v2", *function) == ""
    settings = ("--timeout", "9", "--environment", "Variables={FIRST=1,SECOND=two}")
    cli.document("lambda", "update-function-configuration", *function, *settings)
    assert cli.run("lambda", "wait", "function-updated", *function) == ""
    found = cli.document("lambda", "get-function-configuration", *function)
    assert found["Timeout"] == 9
    assert found["Environment"]["Variables"] == {"FIRST": "1", "SECOND": "two"}
    cli.document("lambda", "invoke", *function, "answer.json")
    assert (tmp_path / "answer.json").read_text() == '"new"'


def test_lists_tags_and_the_caller(walk: tuple[int, Cli, str], daemon: DaemonProcess) -> None:
    _, cli, name = walk
    lam = daemon.client("lambda", region=cli.region)
    for other in ("walk-a", "walk-b"):
        if not [f for f in lam.list_functions()["Functions"] if f["FunctionName"] == other]:
            create(lam, other, CODE, Role=f"arn:{PARTITIONS[cli.region]}:iam::000000000000:role/r")
    every = sorted(each["FunctionName"] for each in lam.list_functions()["Functions"])
    query = ("--query", "Functions[].FunctionName")
    assert cli.document("lambda", "list-functions", "--page-size", "1", *query) == every
    part = cli.document("lambda", "list-functions", "--max-items", "2", "--page-size", "1")
    assert [each["FunctionName"] for each in part["Functions"]] == every[:2]
    rest = cli.document("lambda", "list-functions", "--starting-token", part["NextToken"], *query)
    assert rest == every[2:]
    arn = f"arn:{PARTITIONS[cli.region]}:lambda:{cli.region}:000000000000:function:{name}"
    cli.run("lambda", "tag-resource", "--resource", arn, "--tags", "a=1,b=2")
    cli.run("lambda", "untag-resource", "--resource", arn, "--tag-keys", "a")
    assert cli.document("lambda", "list-tags", "--resource", arn) == {"Tags": {"b": "2"}}
    who = cli.run("sts", "get-caller-identity", "--query", "Arn", "--output", "text")
    assert who == f"arn:{PARTITIONS[cli.region]}:iam::000000000000:root\n"


def test_what_is_refused_is_told_in_awss_words(walk: tuple[int, Cli, str]) -> None:
    version, cli, name = walk
    invoke = ("lambda", "invoke", "--function-name")
    payload = ("--payload", "fileb://payload", "answer.json")
    (cli.home / "payload").write_text("no json")
    expected = {
        (
            *invoke,
            name,
            *payload,
        ): "InvalidRequestContentException) when calling the Invoke operation: "
        "Could not parse request body into json: Could not parse payload into json: Unrecognized token 'no'",
        (
            *invoke,
            "nobody",
            "answer.json",
        ): "ResourceNotFoundException) when calling the Invoke operation: "
        f"Function not found: arn:{PARTITIONS[cli.region]}:lambda:{cli.region}:000000000000:function:nobody",
        (
            "lambda",
            "stop-durable-execution",
            "--durable-execution-arn",
            f"arn:{PARTITIONS[cli.region]}:lambda:{cli.region}:000000000000:function:{name}:1/durable-execution/a/b",
        ): "NotImplementedException) when calling the "
        "StopDurableExecution operation: StopDurableExecution of lambda is not in lambent yet.",
        ("s3api", "list-buckets"): "NotImplemented) when calling the ListBuckets operation: "
        "The service s3 is not in lambent yet.",
        (
            "logs",
            "get-log-events",
            "--log-group-name",
            "/none",
            "--log-stream-name",
            "x",
        ): "ResourceNotFound"
        "Exception) when calling the GetLogEvents operation: The specified log group does not exist.",
    }
    for arguments, words in expected.items():
        status, why = cli.refused(*arguments)
        assert status == REFUSED[version], why
        assert why.startswith(f"An error occurred ({words}"), why
    status, why = cli.refused("lambda", "wait", "function-active-v2", "--function-name", "nobody")
    assert (status, why.partition(" (")[0]) == (
        255,
        "Waiter FunctionActiveV2 failed: An error occurred",
    )


def test_a_function_s_error_is_a_success_of_the_call(walk: tuple[int, Cli, str]) -> None:
    _, cli, name = walk
    (cli.home / "payload").write_text('"raise"')
    payload = ("--payload", "fileb://payload", "answer.json")
    told = cli.document("lambda", "invoke", "--function-name", name, *payload)
    assert told == {"StatusCode": 200, "FunctionError": "Unhandled", "ExecutedVersion": "$LATEST"}
    assert '"errorType": "ValueError"' in (cli.home / "answer.json").read_text()


@pytest.mark.parametrize("version", PROGRAMS)
def test_the_endpoint_comes_from_a_profile_a_variable_or_an_option(
    daemon: DaemonProcess, tmp_path: Path, version: int
) -> None:
    nobody = "http://127.0.0.1:9"
    name = f"endpoints-{version}"
    create(daemon.client("lambda"), name, CODE)
    name_alone = ("--query", "Configuration.FunctionName", "--output", "text")
    ask = ("lambda", "get-function", "--function-name", name, *name_alone)

    def cli(**variables: str) -> Cli:
        program = PROGRAMS[version]()
        return Cli(program, home=tmp_path, endpoint=nobody, region="us-east-1", **variables)

    assert cli(AWS_ENDPOINT_URL_LAMBDA=daemon.endpoint).run(*ask) == f"{name}\n"
    assert cli().run(*ask, "--endpoint-url", daemon.endpoint) == f"{name}\n"
    bare = cli()
    for key in ("AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"):
        bare.forget(key)
    settings = {
        "endpoint_url": daemon.endpoint,
        "region": "us-east-1",
        "aws_access_key_id": "test",  # a profile that is named hides the exported keys
        "aws_secret_access_key": "test",
    }
    for key, value in settings.items():
        bare.run("configure", "set", key, value, "--profile", "local")
    assert bare.run(*ask, "--profile", "local") == f"{name}\n"
    assert call(daemon.client("lambda"), name, "x") == ("x", "")
