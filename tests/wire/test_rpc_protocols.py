"""The json and the query protocol: every operation of several services there and back, by botocore."""

import contextlib
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.model.errors import SerializationFailed, UnknownOperation
from lambent.wire.models import Models
from lambent.wire.protocol import ProtocolName, WireRequest
from tests.wire.botocore_side import (
    members_of,
    operation_names,
    read_by_botocore,
    request_of,
    service_model,
)

MODELS: Final = Models()
TEXTS: Final = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="￾￿"),
    min_size=1,
    max_size=8,
)
FEW: Final = settings(
    max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
UNFIT: Final = {"StartLiveTail", "GetLogObject", "GetLogFields"}
"""Two event streams, and an output that holds itself, of which no value is drawn."""
PLAIN: Final = [
    (service, name)
    for service in ("logs", "sts", "sns", "sdb")
    for name in operation_names(service)
    if name not in UNFIT
]


def without_nothing(value: Any) -> Any:
    """`value` without what leaves no trace in a form or in XML: empty structures and maps."""
    if isinstance(value, dict):
        kept = {k: without_nothing(v) for k, v in value.items()}
        return {k: v for k, v in kept.items() if v not in ({}, [])}
    if isinstance(value, list):
        return [without_nothing(item) for item in value]
    return value


@pytest.mark.parametrize(("service", "name"), PLAIN)
@given(data=st.data())
@FEW
def test_a_request_of_boto3_is_routed_and_parsed_to_what_was_given(
    service: str, name: str, data: st.DataObject
) -> None:
    operation = service_model(service).operation_model(name)
    ours = MODELS.service(service)
    shape = operation.input_shape
    members = {} if shape is None else data.draw(members_of(shape, texts=TEXTS, fullness=1))
    request = request_of(operation, members, protocol=ours.protocol.value)

    route = ours.route(request)

    assert route.operation == name
    assert without_nothing(ours.parse(route, request)) == without_nothing(members)


@pytest.mark.parametrize(("service", "name"), PLAIN)
@given(data=st.data())
@FEW
def test_an_answer_is_read_by_boto3_as_it_was_given(
    service: str, name: str, data: st.DataObject
) -> None:
    operation = service_model(service).operation_model(name)
    ours = MODELS.service(service)
    shape = operation.output_shape
    members = {} if shape is None else data.draw(members_of(shape, texts=TEXTS, fullness=1))

    response = ours.render(name, members, request_id="id-1")
    read = read_by_botocore(operation, response, protocol=ours.protocol.value)

    assert read.pop("ResponseMetadata")["RequestId"] == "id-1"
    assert without_nothing(read) == without_nothing(members)


def request(
    *, target: bytes = b"/", method: bytes = b"POST", body: bytes = b"", amz_target: bytes = b""
) -> WireRequest:
    headers = {b"x-amz-target": amz_target} if amz_target else {}
    return WireRequest(method=method, target=target, headers=headers, body=body)


def test_the_protocols_are_the_models() -> None:
    protocols = {name: MODELS.service(name).protocol for name in ("lambda", "logs", "sts")}
    assert protocols == {
        "lambda": ProtocolName.REST_JSON,
        "logs": ProtocolName.JSON,
        "sts": ProtocolName.QUERY,
    }


def test_an_unknown_service_is_a_key_error_and_one_without_codec_says_so() -> None:
    with pytest.raises(KeyError):
        MODELS.service("no-such-service")
    with pytest.raises(ValueError, match="rest-xml"):
        MODELS.service("s3")


def test_a_service_is_loaded_once() -> None:
    assert MODELS.service("sts") is MODELS.service("sts")


def test_sts_to_the_byte() -> None:
    response = MODELS.service("sts").render(
        "GetCallerIdentity",
        {"UserId": "U", "Account": "1", "Arn": "a<b"},
        request_id="id-1",
    )
    assert response.body == (
        b'<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        b"<UserId>U</UserId><Account>1</Account><Arn>a&lt;b</Arn></GetCallerIdentityResult>"
        b"<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    )


def test_sts_is_asked_by_get_too() -> None:
    asked = request(method=b"GET", target=b"/?Action=GetCallerIdentity&Version=2011-06-15")
    assert MODELS.service("sts").route(asked).operation == "GetCallerIdentity"


@pytest.mark.parametrize(
    "body",
    [b"", b"Action=Nothing&Version=2011-06-15", b"Action=GetCallerIdentity&Version=1999-01-01"],
)
def test_an_action_or_version_that_sts_does_not_have_is_unknown(body: bytes) -> None:
    with pytest.raises(UnknownOperation, match="Could not find operation"):
        MODELS.service("sts").route(request(body=body))


@pytest.mark.parametrize(
    "amz_target", [b"", b"DescribeLogGroups", b"Logs_20140328.Nothing", b"Other.DescribeLogGroups"]
)
def test_a_target_that_logs_does_not_have_is_unknown(amz_target: bytes) -> None:
    with pytest.raises(UnknownOperation):
        MODELS.service("logs").route(request(amz_target=amz_target))


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_no_form_raises_anything_but_a_serialization_error(body: bytes) -> None:
    sts = MODELS.service("sts")
    form = request(body=b"Action=AssumeRole&" + body + b"&DurationSeconds.x=1&Tags.member.1.Key=a")
    with contextlib.suppress(SerializationFailed, UnknownOperation):
        assert {"Key": "a"} in sts.parse(sts.route(form), form)["Tags"]
