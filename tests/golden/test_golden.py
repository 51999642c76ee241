"""Every golden pair, in two partitions."""

import json
from typing import Any, Final

import pytest
from botocore.model import Shape

from lambent.wire.protocol import WireResponse
from tests.golden.case import REGIONS, UUID, Case, Like
from tests.golden.register import CASES
from tests.golden.wire import MODEL, Wire
from tests.wire.botocore_side import read_by_botocore

_FRAMEWORK_STATUSES: Final = {"ValidationException": 400, "AccessDeniedException": 403}
_FRAMEWORK_MEMBERS: Final = {"ValidationException": "message", "AccessDeniedException": "Message"}


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
async def test_an_answer_is_the_golden_one(case: Case, region: str) -> None:
    wire = Wire(region)
    response = await wire.run(case)
    if case.error:
        assert_refused(response, case, wire)
    else:
        assert_answered(response, case, wire)


def assert_answered(response: WireResponse, case: Case, wire: Wire) -> None:
    """It is the golden success."""
    assert response.status == case.status, response
    headers = headers_of(response)
    assert headers.pop("x-amzn-requestid") == UUID
    if case.answer is None:
        assert response.body == b""
        return
    assert headers["content-type"] == "application/json"
    assert json.loads(response.body) == wire.placed(case.answer)
    operation = MODEL.operation_model(case.operation)
    if operation.output_shape is not None:
        read_by_botocore(operation, response, protocol="rest-json")


def assert_refused(response: WireResponse, case: Case, wire: Wire) -> None:
    """It is the golden error, to the byte; how an error is written the model says."""
    message = wire.placed(case.message)
    if isinstance(message, Like):
        said = json.loads(response.body)[member_of(case)]
        assert message == said
        message = said
    assert response.body == body_of(case, message)
    assert response.status == status_of(case)
    headers = headers_of(response)
    assert headers.pop("x-amzn-requestid") == UUID
    assert headers == {"content-type": "application/json", "x-amzn-errortype": case.error}


def body_of(case: Case, message: str) -> bytes:
    """An error's body."""
    document: dict[str, Any] = {"Type": "User"} if case.is_typed else {}
    document[member_of(case)] = message
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()


def member_of(case: Case) -> str:
    """What the error's sentence is called in its body."""
    shape = error_shape(case.error)
    members = _FRAMEWORK_MEMBERS[case.error] if shape is None else shape.members
    return "message" if "message" in members else "Message"


def status_of(case: Case) -> int:
    """An error's status; the framework's are not in the model."""
    shape = error_shape(case.error)
    if shape is None:
        return _FRAMEWORK_STATUSES[case.error]
    status: int = shape.metadata["error"]["httpStatusCode"]
    return status


def error_shape(name: str) -> Shape | None:
    """An error of the model."""
    return MODEL.shape_for(name) if name in MODEL.shape_names else None


def headers_of(response: WireResponse) -> dict[str, str]:
    """By lower-case name."""
    return {name.decode().lower(): value.decode() for name, value in response.headers}
