"""Which service a request means."""

import pytest

from lambent.gateway.routing import Address, find_service
from lambent.wire.protocol import ProtocolName, WireRequest

SCOPE = "AWS4-HMAC-SHA256 Credential=AKID/20251125/eu-west-1/{}/aws4_request, SignedHeaders=host, Signature=0"
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def find(
    target: str = "/",
    *,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    method: bytes = b"POST",
) -> tuple[str, str]:
    found: Address = find_service(
        WireRequest(
            method=method,
            target=target.encode(),
            headers={k.encode(): v.encode() for k, v in (headers or {}).items()},
            body=body,
        )
    )
    return found.service, found.protocol.value


def test_the_scope_of_the_signature_comes_first() -> None:
    headers = {
        "authorization": SCOPE.format("logs"),
        "x-amz-target": "DynamoDB_20120810.ListTables",
    }
    assert find("/2015-03-31/functions", headers=headers) == ("logs", "json")


@pytest.mark.parametrize("slash", ["/", "%2F", "%2f"])
def test_a_presigned_url_carries_its_scope(slash: str) -> None:
    scope = slash.join(("AKID", "20251125", "eu-west-1", "sts", "aws4_request"))
    target = f"/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential={scope}"
    assert find(target, method=b"GET") == ("sts", "query")


def test_a_target_names_its_service_without_a_signature() -> None:
    assert find(headers={"x-amz-target": "Logs_20140328.DescribeLogGroups"}) == ("logs", "json")
    assert find(headers={"x-amz-target": "DynamoDB_20120810.ListTables"}) == (
        "DynamoDB_20120810",
        "json",
    )


def test_a_dated_path_is_lambda_without_a_signature() -> None:
    assert find("/2018-10-31/layers") == ("lambda", "rest-json")


def test_a_form_names_its_service_by_its_version() -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    assert find(headers=FORM, body=body) == ("sts", "query")
    assert find(headers=FORM, body=b"Action=ListUsers&Version=2010-05-08") == ("", "query")


def test_a_body_that_is_no_form_is_not_read_as_one() -> None:
    assert find(body=b"Action=GetCallerIdentity&Version=2011-06-15") == ("", "rest-json")


def test_s3_reads_xml() -> None:
    headers = {"authorization": SCOPE.format("s3")}
    assert find("/bucket", headers=headers) == ("s3", ProtocolName.REST_XML.value)


def test_a_broken_signature_is_no_scope() -> None:
    assert find("/x", headers={"authorization": "AWS4-HMAC-SHA256 Credential=a/b"}) == (
        "",
        "rest-json",
    )
