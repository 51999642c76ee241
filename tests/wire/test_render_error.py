"""Errors in each protocol's shape, to the byte."""

from typing import Any

import pytest
from botocore import parsers
from botocore.awsrequest import HeadersDict
from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.model.errors import (
    AccessDenied,
    FunctionNotFound,
    InvalidParameterValue,
    InvalidSignature,
    NotImplementedHere,
    RequestEntityTooLarge,
    ServiceError,
    ServiceFailure,
    TooManyRequests,
    UnknownOperation,
    UnrecognizedClient,
    ValidationFailed,
)
from lambent.wire.protocol import ProtocolName, WireResponse
from lambent.wire.render_error import render_error

THROTTLE = TooManyRequests("ReservedFunctionConcurrentInvocationLimitExceeded")


def render(error: ServiceError, protocol: str) -> WireResponse:
    return render_error(error, protocol=ProtocolName(protocol), request_id="id-1")


def parsed(response: WireResponse, protocol: str) -> Any:
    """What botocore makes of it."""
    headers = HeadersDict({k.decode(): v.decode() for k, v in response.headers})
    answer = {"status_code": response.status, "headers": headers, "body": response.body}
    return parsers.create_parser(protocol).parse(answer, None)


@pytest.mark.parametrize(
    ("error", "status", "body"),
    [
        (
            FunctionNotFound("arn:f"),
            404,
            b'{"Type":"User","Message":"Function not found: arn:f"}',
        ),
        (InvalidParameterValue("no"), 400, b'{"Type":"User","message":"no"}'),
        (ValidationFailed("no"), 400, b'{"message":"no"}'),
        (AccessDenied("no"), 403, b'{"Message":"no"}'),
        (ServiceFailure("sorry"), 500, b'{"Type":"Server","Message":"sorry"}'),
        (
            THROTTLE,
            429,
            b'{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}',
        ),
    ],
)
def test_rest_json(error: ServiceError, status: int, body: bytes) -> None:
    response = render(error, "rest-json")
    assert (response.status, response.body) == (status, body)
    headers = dict(response.headers)
    assert headers[b"x-amzn-ErrorType"] == error.code.encode()
    assert headers[b"x-amzn-RequestId"] == b"id-1"
    assert headers[b"Content-Type"] == b"application/json"


def test_a_throttle_says_when_to_come_back_if_that_is_known() -> None:
    known = TooManyRequests("CallerRateLimitExceeded", retry_after_seconds=1)
    assert (b"Retry-After", b"1") in render(known, "rest-json").headers
    assert b"Retry-After" not in dict(render(THROTTLE, "rest-json").headers)  # recorded


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (FunctionNotFound("arn:f"), 400),
        (UnrecognizedClient("no"), 400),
        (UnknownOperation("no"), 400),
        (RequestEntityTooLarge("no"), 413),
        (ServiceFailure("no"), 500),
        (NotImplementedHere("no"), 501),
    ],
)
@pytest.mark.parametrize("protocol", ["json", "smithy-rpc-v2-cbor"])
def test_the_rpc_protocols_answer_client_faults_400(
    error: ServiceError, status: int, protocol: str
) -> None:
    response = render(error, protocol)
    assert response.status == status
    read = parsed(response, protocol)
    assert read["Error"] == {"Code": error.code, "Message": error.message}


def test_json_to_the_byte() -> None:
    assert render(ValidationFailed("no"), "json").body == (
        b'{"__type":"ValidationException","message":"no"}'
    )


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (UnrecognizedClient("no"), 403, "InvalidClientTokenId"),
        (InvalidSignature("no"), 403, "SignatureDoesNotMatch"),
        (ValidationFailed("no"), 400, "ValidationError"),
        (UnknownOperation("no"), 400, "InvalidAction"),
        (ServiceFailure("no"), 500, "InternalFailure"),
    ],
)
def test_query_has_its_own_codes(error: ServiceError, status: int, code: str) -> None:
    response = render(error, "query")
    assert response.status == status
    read = parsed(response, "query")
    assert read["Error"]["Code"] == code
    assert read["Error"]["Type"] == ("Sender" if status < 500 else "Receiver")
    assert read["ResponseMetadata"]["RequestId"] == "id-1"


def test_rest_xml_is_read_by_botocore() -> None:
    read = parsed(render(NotImplementedHere("not <here>"), "rest-xml"), "rest-xml")
    assert read["Error"]["Code"] == "NotImplemented"
    assert read["Error"]["Message"] == "not <here>"


ANY_TEXT = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")


@settings(deadline=None)
@given(message=st.text(ANY_TEXT, min_size=1, max_size=300))
def test_any_message_survives_every_protocol(message: str) -> None:
    for protocol in ProtocolName:
        error = ValidationFailed(message)
        read = parsed(render(error, protocol), protocol)
        assert read["Error"]["Message"] == message


@pytest.mark.parametrize("protocol", list(ProtocolName))
def test_control_characters_break_no_protocol(protocol: ProtocolName) -> None:
    error = ValidationFailed("a\x00b\r\nc\x1b\ufffe" * 10_000)
    read = parsed(render(error, protocol), protocol)
    assert read["Error"]["Message"].startswith(("a\x00b\r\nc", "a�b\r\nc"))
