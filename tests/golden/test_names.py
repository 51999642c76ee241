"""Every operation that takes a function's name, and every form in which it may come (reference 01 §2.1)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import pytest

from tests.golden.case import REGIONS, Case
from tests.golden.names import takers
from tests.golden.register import CASES
from tests.golden.test_golden import assert_refused
from tests.golden.texts import ELSEWHERE, INVALID, NOT_FOUND
from tests.golden.wire import MODEL, Wire

FORMS: Final = (
    "{account}:function:fn",
    "function:fn",
    "{region}:{account}:function:fn",
    "{arn}:function:fn",
)
STRANGE: Final = (
    "fn:1:2",
    "fn:$LATES",
    "a b",
    "arn:{partition}:s3:::fn",
    "arn:{partition}:lambda:{region}:function:fn",
    "arn:{partition}:lambda:{account}:function:fn",
)
"""Names that break the model's pattern, or are ARNs that are not whole (recorded)."""


TAKERS: Final = takers(CASES)
each_taker = pytest.mark.parametrize("case", TAKERS, ids=lambda case: case.operation)
in_each_region = pytest.mark.parametrize("region", REGIONS)


@in_each_region
@each_taker
async def test_each_form_of_a_name_is_answered_alike(case: Case, region: str) -> None:
    bare = await Wire(region).run(case)
    for form in FORMS:
        response = await Wire(region).run(renamed(case, form))
        assert (response.status, response.body) == (bare.status, bare.body), form


@in_each_region
@each_taker
async def test_a_name_that_means_no_function_of_here_is_refused(case: Case, region: str) -> None:
    wire = Wire(region)
    await wire.prepare(case.after)
    for refused in (*elsewhere(case), *strange(case)):
        response = await wire.send(refused.operation, refused.members)
        assert_refused(response, refused, wire)


@each_taker
async def test_a_name_that_no_function_can_have_is_not_found_as_any_other(case: Case) -> None:
    name, shape = "x" * 65, MODEL.operation_model(case.operation).input_shape
    wire = Wire("us-east-1")
    await wire.prepare(case.after)
    response = await wire.send(case.operation, with_name(case, name))
    if "{1,64}" in shape.members["FunctionName"].metadata["pattern"]:
        assert b"'functionName' failed to satisfy constraint" in response.body
    elif case.operation == "CreateFunction":
        length = "Member must have length less than or equal to 64"
        refused = invalid(case, name, length)
        typed = replace(refused, error=INVALID, is_typed=True)  # reference 01 §1.3: a business rule
        assert_refused(response, typed, wire)
    else:
        other = await wire.send(case.operation, with_name(case, "absent"))
        assert (response.status, response.body) == (
            other.status,
            other.body.replace(b"absent", name.encode()),
        )


def elsewhere(case: Case) -> Iterator[Case]:
    """ARNs of another region, partition and account."""
    other_region = "arn:{partition}:lambda:{other_region}:{account}:function:fn"
    other_partition = "arn:{other_partition}:lambda:{region}:{account}:function:fn"
    other_account = "arn:{partition}:lambda:{region}:{other_account}:function:fn"
    yield refusal(case, with_name(case, other_region), NOT_FOUND, ELSEWHERE)
    yield refusal(
        case, with_name(case, other_partition), NOT_FOUND, f"Function not found: {other_partition}"
    )
    action = f"lambda:{case.operation}"
    denied = (
        f"User: arn:{{partition}}:iam::{{account}}:root is not authorized to perform: {action} on resource: "
        f"{other_account} because no resource-based policy allows the {action} action"
    )
    for form in (other_account, "{other_account}:function:fn"):
        yield refusal(case, with_name(case, form), "AccessDeniedException", denied)


def strange(case: Case) -> Iterator[Case]:
    """What breaks the model's pattern or length."""
    shape = MODEL.operation_model(case.operation).input_shape.members["FunctionName"]
    pattern, longest = shape.metadata["pattern"], shape.metadata["max"]
    breaks_pattern = f"Member must satisfy regular expression pattern: {pattern}"
    for form in STRANGE:
        yield invalid(case, form, breaks_pattern)
    too_long = "x" * (longest + 1)
    bound = f"Member must have length less than or equal to {longest}"
    if "{1,64}" not in pattern:
        yield invalid(case, too_long, bound)


def invalid(case: Case, form: str, constraint: str) -> Case:
    """The framework's refusal of a name."""
    message = (
        f"1 validation error detected: Value '{form}' at 'functionName' failed to satisfy constraint: "
        f"{constraint}"
    )
    return refusal(case, with_name(case, form), "ValidationException", message)


def refusal(case: Case, members: Mapping[str, Any], error: str, message: str) -> Case:
    """A golden error of the operation of `case`."""
    typed = error not in {"ValidationException", "AccessDeniedException"}
    return Case(
        operation=case.operation,
        shows="a name",
        source="reference 01 §2.1",
        members=members,
        error=error,
        message=message,
        is_typed=typed,
    )


def with_name(case: Case, form: str) -> dict[str, Any]:
    """The members of `case` with another name."""
    return {**case.members, "FunctionName": form}


def renamed(case: Case, form: str) -> Case:
    """`case` with another form of the name."""
    return replace(case, members=with_name(case, form))


def test_names_are_filled_in_for_a_region() -> None:
    assert (
        Wire("cn-north-1").placed(FORMS[-1])
        == "arn:aws-cn:lambda:cn-north-1:123456789012:function:fn"
    )
