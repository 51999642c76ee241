"""The first minute: create, wait, invoke, read the logs, delete."""

import base64
import hashlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import ROLE, call, create, zipped
from tests.acceptance.waiting import eventually

HELLO = """
import os
def handler(event, context):
    print('hello', event)
    return {'name': event['name'], 'arn': context.invoked_function_arn, 'id': context.aws_request_id,
            'region': os.environ['AWS_REGION'], 'pid': os.getpid(), 'uid': os.getuid()}
"""


@pytest.mark.parametrize(("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn")])
def test_a_function_lives_from_create_to_delete(
    daemon: DaemonProcess, region: str, partition: str
) -> None:
    lam = daemon.client("lambda", region=region, key="123456789012")
    made = create(lam, "first", HELLO)
    arn = f"arn:{partition}:lambda:{region}:123456789012:function:first"
    assert made["FunctionArn"] == arn
    assert made["State"] == "Active"
    assert made["LastUpdateStatus"] == "Successful"

    answer = lam.invoke(FunctionName="first", Payload=b'{"name": "you"}', LogType="Tail")
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    request_id = answer["ResponseMetadata"]["RequestId"]
    result = answer["Payload"].read()
    assert f'"id": "{request_id}"'.encode() in result
    assert f'"arn": "{arn}"'.encode() in result
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert f"START RequestId: {request_id} Version: $LATEST\n" in tail
    assert "hello {'name': 'you'}\n" in tail
    assert f"END RequestId: {request_id}\nREPORT RequestId: {request_id}\tDuration: " in tail

    logs = daemon.client("logs", region=region, key="123456789012")
    messages = eventually(
        lambda: _messages(logs, "/aws/lambda/first", f"REPORT RequestId: {request_id}")
    )
    assert any("Init Duration: " in message for message in messages)
    runtime_arn = made["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert runtime_arn.startswith(f"arn:{partition}:lambda:{region}::runtime:")
    assert any(message.endswith(f"ARN: {runtime_arn}\n") for message in messages)

    lam.delete_function(FunctionName="first")
    with pytest.raises(ClientError) as refused:
        lam.get_function(FunctionName="first")
    assert refused.value.response["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"Function not found: {arn}",
    }
    with pytest.raises(ClientError) as refused:
        lam.invoke(FunctionName="first")
    assert refused.value.response["Error"]["Message"] == f"Function not found: {arn}:$LATEST"


def _messages(logs: Any, group: str, until: str) -> list[str] | None:
    try:
        events = logs.filter_log_events(logGroupName=group)["events"]
    except logs.exceptions.ResourceNotFoundException:
        return None
    messages = [event["message"] for event in events]
    return messages if any(until in message for message in messages) else None


def test_environments_are_reused_and_not_shared_between_functions(lam: Any) -> None:
    create(lam, "reuse-a", HELLO)
    create(lam, "reuse-b", HELLO)
    first, again, other = (
        call(lam, n, {"name": "x"})[0] for n in ("reuse-a", "reuse-a", "reuse-b")
    )
    assert first["id"] != again["id"]
    assert first["uid"] == other["uid"] == 993


def test_new_code_runs_after_its_update(lam: Any) -> None:
    create(lam, "updated", "def handler(e, c): return 1")
    assert call(lam, "updated") == (1, "")
    package = zipped({"app.py": "def handler(e, c): return 2"})
    answer = lam.update_function_code(FunctionName="updated", ZipFile=package)
    assert answer["LastUpdateStatus"] == "InProgress"
    lam.get_waiter("function_updated_v2").wait(
        FunctionName="updated", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
    )
    assert call(lam, "updated") == (2, "")
    expected = base64.b64encode(hashlib.sha256(package).digest()).decode()
    assert lam.get_function_configuration(FunctionName="updated")["CodeSha256"] == expected


def test_new_variables_are_seen_after_their_update(lam: Any) -> None:
    create(lam, "variables", "import os\ndef handler(e, c): return os.environ.get('COLOUR')")
    assert call(lam, "variables") == (None, "")
    lam.update_function_configuration(
        FunctionName="variables", Environment={"Variables": {"COLOUR": "blue"}}
    )
    lam.get_waiter("function_updated_v2").wait(
        FunctionName="variables", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
    )
    assert call(lam, "variables") == ("blue", "")


def test_a_runtime_that_is_not_here_fails_with_a_reason(lam: Any) -> None:
    lam.create_function(
        FunctionName="missing-runtime",
        Runtime="java21",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": zipped({"app.py": "x"})},
    )
    failed = eventually(
        lambda: _in_state(lam.get_function_configuration(FunctionName="missing-runtime"), "Failed")
    )
    assert failed["StateReasonCode"] == "InvalidRuntime"
    assert "java21" in failed["StateReason"]


def test_a_function_for_another_architecture_fails_with_a_reason(lam: Any) -> None:
    lam.create_function(
        FunctionName="other-architecture",
        Runtime="python3.11",
        Handler="app.handler",
        Role=ROLE,
        Architectures=["arm64"],
        Code={"ZipFile": zipped({"app.py": "x"})},
    )
    failed = eventually(
        lambda: _in_state(
            lam.get_function_configuration(FunctionName="other-architecture"), "Failed"
        )
    )
    assert "x86_64" in failed["StateReason"]


def _in_state(configuration: dict[str, Any], state: str) -> dict[str, Any] | None:
    return configuration if configuration["State"] == state else None


def test_lists_are_paged(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda", key="999999999999")
    for number in range(7):
        create(lam, f"page-{number}", "def handler(e, c): return 1")
    pages = list(lam.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 3}))
    names = [[f["FunctionName"] for f in page["Functions"]] for page in pages]
    assert [len(page) for page in names] == [3, 3, 1]
    assert [name for page in names for name in page] == [f"page-{number}" for number in range(7)]


def test_sts_says_who_calls(daemon: DaemonProcess) -> None:
    sts = daemon.client("sts", region="cn-north-1", key="123456789012")
    identity = sts.get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws-cn:iam::123456789012:root"


def test_what_is_not_built_answers_501_with_its_name(lam: Any, logs: Any) -> None:
    with pytest.raises(ClientError) as refused:
        logs.describe_metric_filters()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "DescribeMetricFilters" in refused.value.response["Error"]["Message"]
    with pytest.raises(ClientError) as refused:
        lam.invoke(FunctionName="anything", InvocationType="Event")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (404, 501)
