"""boto3's own conveniences: waiters, paginators, profiles, the endpoint's variables, and what retries see."""

from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.acceptance.aws_clients import PARTITIONS
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import ROLE, RUNTIME, create, zipped
from tests.acceptance.waiting import lines_written

SAYS = "def handler(event, context):\n    print('said', event)\n    return event\n"
QUICK = {"Delay": 0.05, "MaxAttempts": 600}


def made(lam: Any, name: str, region: str) -> None:
    role = f"arn:{PARTITIONS[region]}:iam::000000000000:role/any"
    lam.create_function(
        FunctionName=name,
        Runtime=RUNTIME,
        Handler="app.handler",
        Role=role,
        Code={"ZipFile": zipped({"app.py": SAYS})},
    )


@pytest.mark.parametrize("region", PARTITIONS)
def test_every_waiter_for_what_is_built_waits(daemon: DaemonProcess, region: str) -> None:
    lam, name = daemon.client("lambda", region=region), "waited-for"
    made(lam, name, region)
    for waiter in ("function_exists", "function_active", "function_active_v2"):
        lam.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=QUICK)
    for waiter in ("function_updated", "function_updated_v2"):
        lam.update_function_code(FunctionName=name, ZipFile=zipped({"app.py": SAYS, "x": waiter}))
        lam.get_waiter(waiter).wait(FunctionName=name, WaiterConfig=QUICK)
        assert lam.get_function_configuration(FunctionName=name)["LastUpdateStatus"] == "Successful"
    lam.delete_function(FunctionName=name)
    with pytest.raises(WaiterError, match="Function not found: arn:"):
        lam.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=QUICK)


def test_a_waiter_ends_with_a_function_that_failed(lam: Any) -> None:
    lam.create_function(
        FunctionName="never",
        Runtime="java21",
        Handler="app.handler",
        Role=ROLE,
        Code={"ZipFile": zipped({"x": "x"})},
    )
    with pytest.raises(WaiterError, match='matched expected path: "Failed"'):
        lam.get_waiter("function_active").wait(FunctionName="never", WaiterConfig=QUICK)


@pytest.mark.parametrize("region", PARTITIONS)
def test_pages_of_functions_and_of_log_lines_are_walked(daemon: DaemonProcess, region: str) -> None:
    lam, logs = daemon.client("lambda", region=region), daemon.client("logs", region=region)
    names = [f"paged-{number}" for number in range(3)]
    for name in names:
        made(lam, name, region)
        # Becoming active changes what a list shows of it.
        lam.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=QUICK)
    pages = list(lam.get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    found = [each["FunctionName"] for page in pages for each in page["Functions"]]
    assert [name for name in found if name in names] == names
    assert max(len(page["Functions"]) for page in pages) == 2
    walk = lam.get_paginator("list_functions").paginate(PaginationConfig={"MaxItems": 2})
    some = walk.build_full_result()
    rest = lam.get_paginator("list_functions").paginate(
        PaginationConfig={"StartingToken": some["NextToken"]}
    )
    assert some["Functions"] + rest.build_full_result()["Functions"] == [
        each for page in pages for each in page["Functions"]
    ]
    for number in range(3):
        lam.invoke(FunctionName=names[0], Payload=str(number))
    lines_written(logs, names[0], "said", count=3)
    lines = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{names[0]}",
        filterPattern="said",
        PaginationConfig={"PageSize": 1},
    )
    assert [line["message"] for line in lines.search("events[]")] == [
        f"said {number}\n" for number in range(3)
    ]
    for name in names:
        lam.delete_function(FunctionName=name)


def test_the_endpoint_comes_from_a_variable_or_a_profile(
    daemon: DaemonProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(
        "[profile local]\nregion = cn-north-1\naws_access_key_id = test\naws_secret_access_key = test\n"
        f"endpoint_url = {daemon.endpoint}\n"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    arn = boto3.Session(profile_name="local").client("sts").get_caller_identity()["Arn"]
    assert arn == "arn:aws-cn:iam::000000000000:root"
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_STS": daemon.endpoint,
    }.items():
        monkeypatch.setenv(name, value)
    arn = boto3.Session().client("sts").get_caller_identity()["Arn"]
    assert arn == "arn:aws:iam::000000000000:root"


def test_what_is_not_built_is_refused_by_name_and_at_once(lam: Any) -> None:
    create(lam, "unstreamed", SAYS)
    with pytest.raises(ClientError) as refused:
        lam.invoke_with_response_stream(FunctionName="unstreamed")
    assert refused.value.response["Error"] == {
        "Code": "NotImplementedException",
        "Message": "InvokeWithResponseStream of lambda is not in lambent yet.",
    }
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
