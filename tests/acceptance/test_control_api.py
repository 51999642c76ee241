"""Code.Location, account settings, tags, and updates on condition: boto3 against a daemon, in two partitions."""

import random
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create, zipped

ACCOUNT = "210987654321"
PACKAGE = zipped({"app.py": "def handler(event, context): return 1"})
PARTITIONS = {"us-east-1": "aws", "cn-north-1": "aws-cn"}


@pytest.fixture(params=list(PARTITIONS))
def region(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def lam(daemon: DaemonProcess, region: str) -> Any:
    return daemon.client("lambda", region=region, key=ACCOUNT)


def refusal(request: Callable[..., Any], **members: Any) -> tuple[str, str, int]:
    """Code, message and status of an error."""
    with pytest.raises(ClientError) as refused:
        request(**members)
    response: Any = refused.value.response
    error = response["Error"]
    return error["Code"], error["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


def test_the_code_is_fetched_by_its_link_with_a_plain_get(daemon: DaemonProcess, lam: Any) -> None:
    create(lam, "linked", "", Code={"ZipFile": PACKAGE})
    code = lam.get_function(FunctionName="linked")["Code"]
    assert code["RepositoryType"] == "S3"
    assert code["Location"].startswith(f"{daemon.endpoint}/_lambent/code/")
    with urllib.request.urlopen(code["Location"], timeout=10) as answer:
        assert answer.headers["Content-Type"] == "application/zip"
        assert answer.read() == PACKAGE

    for changed, expected in (
        (code["Location"] + "0", "SignatureDoesNotMatch"),
        (code["Location"].replace("Expires=", "Expires=9"), "SignatureDoesNotMatch"),
        (code["Location"].partition("?")[0], "AccessDenied"),
    ):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(changed, timeout=10)
        with refused.value as error:
            assert error.code == 403
            assert ET.fromstring(error.read()).findtext("Code") == expected


def test_the_link_leads_back_the_way_that_the_request_came(daemon: DaemonProcess, lam: Any) -> None:
    create(lam, "way", "", Code={"ZipFile": PACKAGE})
    daemon_endpoint = daemon.endpoint
    daemon.endpoint = f"http://localhost:{daemon.port}"
    try:
        other = daemon.client("lambda", region=lam.meta.region_name, key=ACCOUNT)
    finally:
        daemon.endpoint = daemon_endpoint
    location = other.get_function(FunctionName="way")["Code"]["Location"]
    assert location.startswith(f"http://localhost:{daemon.port}/_lambent/code/")
    with urllib.request.urlopen(location, timeout=10) as answer:
        assert answer.read() == PACKAGE


def test_a_large_package_comes_through_the_link_whole(lam: Any) -> None:

    package = zipped(
        {
            "app.py": "def handler(event, context): return 1",
            "noise": random.Random(1).randbytes(20_000_000),
        }
    )
    create(lam, "large", "", Code={"ZipFile": package})
    location = lam.get_function(FunctionName="large")["Code"]["Location"]
    with urllib.request.urlopen(location, timeout=30) as answer:
        assert answer.read() == package
    lam.delete_function(FunctionName="large")


def test_account_settings_count_what_the_account_has_here(
    daemon: DaemonProcess, region: str
) -> None:
    lam = daemon.client("lambda", region=region, key="000000000777")
    before = lam.get_account_settings()
    assert before["AccountLimit"]["TotalCodeSize"] == 80_530_636_800
    assert before["AccountLimit"]["ConcurrentExecutions"] == 1_000
    assert before["AccountUsage"] == {"TotalCodeSize": 0, "FunctionCount": 0}
    create(lam, "counted", "", Code={"ZipFile": PACKAGE})
    usage = lam.get_account_settings()["AccountUsage"]
    assert usage == {"TotalCodeSize": len(PACKAGE), "FunctionCount": 1}
    lam.delete_function(FunctionName="counted")
    assert lam.get_account_settings()["AccountUsage"]["FunctionCount"] == 0


def test_tags_come_and_go_and_the_environment_stays(lam: Any, region: str) -> None:
    made = create(
        lam,
        "tagged",
        "import os\ndef handler(event, context): return os.urandom(4).hex(), N\nN = os.urandom(4).hex()",
        Tags={"a": "1"},
    )
    arn = made["FunctionArn"]
    assert arn == f"arn:{PARTITIONS[region]}:lambda:{region}:{ACCOUNT}:function:tagged"
    first, _ = call(lam, "tagged")
    lam.tag_resource(Resource=arn, Tags={"b": "Größe"})
    assert lam.list_tags(Resource=arn)["Tags"] == {"a": "1", "b": "Größe"}
    lam.untag_resource(Resource=arn, TagKeys=["a", "never"])
    shown = lam.get_function(FunctionName="tagged")
    assert shown["Tags"] == {"b": "Größe"}
    assert shown["Configuration"]["RevisionId"] != made["RevisionId"]
    again, _ = call(lam, "tagged")
    assert first[1] == again[1], "the same environment: tags are nothing that runs"

    many = {f"k{n}": "" for n in range(50)}
    assert refusal(lam.tag_resource, Resource=arn, Tags=many) == (
        "InvalidParameterValueException",
        "Number of tags exceeds resource tag limit.",
        400,
    )
    assert refusal(lam.tag_resource, Resource=f"{arn}:1", Tags={"a": "1"}) == (
        "InvalidParameterValueException",
        "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        400,
    )
    nobody = arn.replace(":tagged", ":nobody")
    assert refusal(lam.list_tags, Resource=nobody) == (
        "ResourceNotFoundException",
        f"Function not found: {nobody}",
        404,
    )
    code, message, status = refusal(lam.tag_resource, Resource=arn, Tags={"k" * 129: ""})
    assert (code, status) == ("ValidationException", 400)
    assert "Member must have length less than or equal to 128" in message
    code, message, _ = refusal(lam.untag_resource, Resource=arn, TagKeys=[])
    assert (code, message) == (
        "ValidationException",
        (
            "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: "
            "Member must not be null"
        ),
    )


def test_code_is_updated_dry_and_on_condition(lam: Any) -> None:
    made = create(lam, "conditional", "", Code={"ZipFile": PACKAGE})
    other = zipped({"app.py": "def handler(event, context): return 2"})
    dry = lam.update_function_code(FunctionName="conditional", ZipFile=other, DryRun=True)
    assert dry["CodeSize"] == len(other)
    assert dry["CodeSha256"] != made["CodeSha256"]
    assert lam.get_function(FunctionName="conditional")["Configuration"] == made
    assert call(lam, "conditional") == (1, "")

    stale = "00000000-0000-4000-8000-000000000000"
    assert refusal(
        lam.update_function_code, FunctionName="conditional", ZipFile=other, RevisionId=stale
    ) == (
        "PreconditionFailedException",
        (
            "The Revision Id provided does not match the latest Revision Id. "
            "Call the GetFunction/GetAlias API to retrieve the latest Revision Id"
        ),
        412,
    )
    lam.update_function_code(
        FunctionName="conditional", ZipFile=other, RevisionId=made["RevisionId"]
    )
    lam.get_waiter("function_updated_v2").wait(
        FunctionName="conditional", WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
    )
    assert call(lam, "conditional") == (2, "")
