"""Our errors against the ones that botocore's Lambda model names."""

from typing import Any, Final

import pytest
from botocore.loaders import Loader

from lambent.model import errors
from lambent.model.errors import (
    FrameworkError,
    ServiceError,
    TooManyRequests,
    UntypedInvalidParameterValue,
    UntypedNotFound,
)

SHAPES: Final[dict[str, Any]] = Loader().load_service_model("lambda", "service-2")["shapes"]
CLASSES: Final = sorted(
    (c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, ServiceError)),
    key=lambda c: c.__name__,
)
NAMED: Final = [c for c in CLASSES if hasattr(c, "code") and not issubclass(c, FrameworkError)]
FRAMEWORK: Final = [c for c in CLASSES if hasattr(c, "code") and issubclass(c, FrameworkError)]

UNTYPED: Final = {UntypedNotFound, UntypedInvalidParameterValue}
"""Recorded without `Type`."""


@pytest.mark.parametrize("error", NAMED)
def test_status_fault_and_message_member_are_those_of_the_model(error: type[ServiceError]) -> None:
    shape = SHAPES[error.code]
    assert shape["exception"]
    assert error.status == shape["error"]["httpStatusCode"]
    if error not in UNTYPED:
        assert error.fault == ("Server" if shape.get("fault") else "User")
    messages = [name for name in shape["members"] if name.lower() == "message"]
    assert messages == [error.message_member]


@pytest.mark.parametrize("error", FRAMEWORK)
def test_the_frameworks_errors_are_in_no_model_and_say_no_type(error: type[ServiceError]) -> None:
    assert error.code not in SHAPES
    assert error.fault is None


def test_both_lists_hold_something() -> None:
    assert len(NAMED) >= 5
    assert len(FRAMEWORK) >= 10


def test_a_throttles_members_are_those_of_the_model() -> None:
    members = SHAPES["TooManyRequestsException"]["members"]
    error = TooManyRequests("CallerRateLimitExceeded", retry_after_seconds=1)
    assert set(error.members) <= members.keys()
    assert set(error.headers) == {members["retryAfterSeconds"]["locationName"]}
    assert error.reason in SHAPES["ThrottleReason"]["enum"]
