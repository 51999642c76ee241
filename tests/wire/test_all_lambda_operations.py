"""Every operation of Lambda: what botocore serializes is routed and parsed back, what is rendered botocore reads."""

from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.model.errors import ValidationFailed
from lambent.wire.models import Models
from tests.wire.botocore_side import (
    members_of,
    operation_names,
    read_by_botocore,
    request_of,
    service_model,
)

MODEL: Final = service_model("lambda")
LAMBDA: Final = Models().service("lambda")
TEXTS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FEW: Final = settings(
    max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def test_there_are_91_of_them() -> None:
    assert len(operation_names("lambda")) == len(LAMBDA.operations) == 91


@pytest.mark.parametrize("name", operation_names("lambda"))
@given(data=st.data())
@FEW
def test_a_request_of_boto3_is_routed_and_parsed_to_what_was_given(
    name: str, data: st.DataObject
) -> None:
    operation = MODEL.operation_model(name)
    members = data.draw(members_of(operation.input_shape, texts=TEXTS))
    request = request_of(operation, members, protocol="rest-json")

    route = LAMBDA.route(request)

    assert route.operation == name
    parsed = LAMBDA.parse(route, request)
    if parsed.get("Error") == {} and "Error" not in members:
        del parsed["Error"]  # botocore sends {} for a structure payload that is not given
    empty_lists = {n for n, value in members.items() if value == [] and n not in parsed}
    assert empty_lists <= {"TagKeys", "Statuses"}  # which leave no trace in a query
    assert parsed == {n: value for n, value in members.items() if n not in empty_lists}


@pytest.mark.parametrize("name", operation_names("lambda"))
@given(data=st.data())
@FEW
def test_any_input_of_the_right_types_is_judged_in_a_sentence(
    name: str, data: st.DataObject
) -> None:
    members = data.draw(members_of(MODEL.operation_model(name).input_shape, texts=TEXTS))
    message = refusal(name, members)
    if message:
        counted, _, rest = message.partition(" detected: Value")
        assert counted.removesuffix("s").endswith("validation error")
        assert rest.count(" failed to satisfy constraint: ") == int(counted.split()[0])


@pytest.mark.parametrize("name", operation_names("lambda"))
@given(data=st.data())
@FEW
def test_an_answer_is_read_by_boto3_as_it_was_given(name: str, data: st.DataObject) -> None:
    operation = MODEL.operation_model(name)
    shape = operation.output_shape
    members: dict[str, Any] = {} if shape is None else data.draw(members_of(shape, texts=TEXTS))

    response = LAMBDA.render(name, members, request_id="id-1")
    read = read_by_botocore(operation, response, protocol="rest-json")

    metadata = read.pop("ResponseMetadata")
    read.pop("EventStream", None)
    if isinstance(read.get("Payload"), str):  # the raw parser decodes it, a client streams it
        read["Payload"] = read["Payload"].encode()
    assert metadata["RequestId"] == "id-1"
    if "StatusCode" not in members and "Status" not in members:
        assert metadata["HTTPStatusCode"] == operation.http["responseCode"]
    for made_of_the_status in ("StatusCode", "Status", "Payload"):
        if made_of_the_status not in members:
            read.pop(made_of_the_status, None)
    if name == "InvokeWithResponseStream" and "ResponseStreamContentType" not in members:
        read.pop("ResponseStreamContentType", None)
    assert read == members


def refusal(name: str, members: dict[str, Any]) -> str:
    try:
        LAMBDA.validate(name, members)
    except ValidationFailed as error:
        return error.message
    return ""
