"""rest-json beyond the round trip: what is wrong, and what an answer looks like on the wire."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.model.errors import SerializationFailed
from lambent.wire.models import Models
from lambent.wire.protocol import Members, WireRequest, WireResponse

LAMBDA = Models().service("lambda")
FUNCTIONS = "/2015-03-31/functions"


def parse(method: str, target: str, body: bytes = b"", **headers: str) -> Members:
    request = WireRequest(
        method=method.encode(),
        target=target.encode(),
        headers={k.replace("_", "-").encode(): v.encode() for k, v in headers.items()},
        body=body,
    )
    return LAMBDA.parse(LAMBDA.route(request), request)


def render(operation: str, result: dict[str, Any]) -> WireResponse:
    return LAMBDA.render(operation, result, request_id="id-1")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"[]", "Start of list found where not expected"),
        (b'{"FunctionName":1}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"FunctionName":true}', "TRUE_VALUE can not be converted to a String"),
        (b'{"FunctionName":["x"]}', "Start of list found where not expected"),
        (b'{"FunctionName":{}}', "Start of structure or map found where not expected."),
        (b'{"Timeout":"1"}', "STRING_VALUE can not be converted to an Integer"),
        (b'{"Timeout":false}', "FALSE_VALUE can not be converted to an Integer"),
        (b'{"Timeout":2147483648}', "NUMBER_VALUE can not be converted to an Integer"),
        (b'{"Publish":1}', "NUMBER_VALUE can not be converted to a Boolean"),
        (b'{"Layers":"x"}', "Expected list or null"),
        (b'{"Layers":{}}', "Start of structure or map found where not expected."),
        (b'{"Layers":[1]}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Code":"x"}', "Expected null"),
        (b'{"Tags":[]}', "Start of list found where not expected"),
    ],
)
def test_a_member_of_the_wrong_type_is_refused_in_aws_words(body: bytes, message: str) -> None:
    with pytest.raises(SerializationFailed) as raised:
        parse("POST", FUNCTIONS, body)
    assert raised.value.message == message


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'"x"',
        b"1",
        b"null",
        b"{} {}",
        b'{"a":1,}',
        b'{"a":"\xff"}',
        b"[" * 100_000,
        b'{"Code":{"ZipFile":"no base64"}}',
        b'{"Timeout":NaN}',
        b'{"a":1e999}',
    ],
)
def test_a_body_that_is_no_json_object_is_refused_with_a_sentence(body: bytes) -> None:
    with pytest.raises(SerializationFailed, match=r"\w+ \w+"):
        parse("POST", FUNCTIONS, body)


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_body_raises_anything_but_a_serialization_error(body: bytes) -> None:
    with contextlib.suppress(SerializationFailed):
        assert isinstance(parse("POST", FUNCTIONS, body), dict)


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
NAMES = ["FunctionName", "Code", "Timeout", "Publish", "Layers", "Environment", "Tags", "VpcConfig"]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), JSON))
def test_no_json_raises_anything_but_a_serialization_error(document: dict[str, Any]) -> None:
    with contextlib.suppress(SerializationFailed):
        assert parse("POST", FUNCTIONS, msgspec.json.encode(document)).keys() <= document.keys()


def test_null_and_unknown_members_count_as_absent() -> None:
    body = b'{"FunctionName":null,"Vpc":1,"Environment":{"Variables":null},"Layers":[null]}'
    assert parse("POST", FUNCTIONS, body) == {"Environment": {}, "Layers": [None]}


def test_a_fraction_is_cut_off_where_a_whole_number_is_due() -> None:
    assert parse("POST", FUNCTIONS, b'{"Timeout":3.9}') == {"Timeout": 3}


def test_a_body_is_not_read_where_the_model_has_none() -> None:
    assert parse("GET", f"{FUNCTIONS}/f", b"no JSON") == {"FunctionName": "f"}


def test_query_parameters_are_typed() -> None:
    assert parse("GET", f"{FUNCTIONS}?MaxItems=5&Marker=a%20b+c&Other=1") == {
        "MaxItems": 5,
        "Marker": "a b c",
    }
    for text in ("x", "", "1_0", "%201", "1.5", "9999999999", "%D9%A1"):
        with pytest.raises(SerializationFailed):
            parse("GET", f"{FUNCTIONS}?MaxItems={text}")


def test_tag_keys_are_a_list_in_order() -> None:
    members = parse("DELETE", "/2017-03-31/tags/a?tagKeys=b&tagKeys=a")
    assert members == {"Resource": "a", "TagKeys": ["b", "a"]}


@pytest.mark.parametrize(
    "text", ["2024-05-01T00:00:00Z", "1714521600", "2024-05-01T02:00:00+02:00"]
)
def test_an_instant_in_a_query_is_read_in_any_format(text: str) -> None:
    target = f"/2025-12-01/functions/f/durable-executions?StartedAfter={text.replace('+', '%2B')}"
    assert parse("GET", target)["StartedAfter"] == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize("text", ["x", "", "2024-13-01", "99999999999999999", "Wed, 99 May"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    target = f"/2025-12-01/functions/f/durable-executions?StartedAfter={text}"
    with pytest.raises(SerializationFailed):
        parse("GET", target)


def test_invoke_takes_its_payload_as_it_is_and_its_headers() -> None:
    members = parse("POST", f"{FUNCTIONS}/f/invocations", b"\x00raw", x_amz_invocation_type="Event")
    assert members == {"FunctionName": "f", "Payload": b"\x00raw", "InvocationType": "Event"}


def test_an_answer_has_only_members_that_are_there_in_the_models_order() -> None:
    response = render("CreateAlias", {"Name": "a", "AliasArn": "arn", "Description": None})
    assert response == WireResponse(
        status=201,
        headers=((b"x-amzn-RequestId", b"id-1"), (b"Content-Type", b"application/json")),
        body=b'{"AliasArn":"arn","Name":"a"}',
    )


def test_an_empty_output_is_an_empty_object_and_a_204_is_empty() -> None:
    assert render("GetFunctionConcurrency", {}).body == b"{}"
    deleted = render("DeleteAlias", {})
    assert (deleted.status, deleted.body) == (204, b"")
    assert dict(deleted.headers) == {b"x-amzn-RequestId": b"id-1"}


def test_a_status_code_member_is_the_status() -> None:
    assert render("DeleteFunction", {}).status == 200
    response = render("DeleteFunction", {"StatusCode": 204})
    assert (response.status, response.body) == (204, b"")


def test_instants_are_seconds_with_a_fraction() -> None:
    at = datetime(2024, 5, 1, 0, 0, 0, 123_000, tzinfo=UTC)
    for value in (at, at.timestamp()):
        body = render("GetEventSourceMapping", {"LastModified": value}).body
        assert body == b'{"LastModified":1714521600.123}'


def test_a_member_that_the_model_does_not_have_is_not_dropped_in_silence() -> None:
    with pytest.raises(ValueError, match="FunctionConfiguration has no member Nam"):
        render("GetFunction", {"Configuration": {"Nam": "f"}})
    with pytest.raises(ValueError, match="no output"):
        render("DeleteAlias", {"Name": "f"})


def test_a_header_carries_no_line_break() -> None:
    response = render("Invoke", {"FunctionError": "a\r\nSet-Cookie: b", "Payload": b"{}"})
    assert (b"X-Amz-Function-Error", b"a Set-Cookie: b") in response.headers
