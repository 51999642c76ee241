"""Nothing of the model is without its golden pairs."""

import json
from collections.abc import Iterable
from random import Random

import pytest

from lambent.daemon.operations import EFFECTS
from tests.fuzz.values import Values
from tests.golden.case import Case
from tests.golden.counted import PAIRS_FILE, counted
from tests.golden.register import CASES, ELSEWHERE, NEVER, NEVER_OF
from tests.golden.wire import MODEL, Wire
from tests.wire.botocore_side import operation_names

BUILT = EFFECTS["lambda"]
NOT_BUILT = sorted(set(operation_names("lambda")) - set(BUILT))
HELD_HERE = sorted(set(BUILT) - set(ELSEWHERE))


@pytest.mark.parametrize("operation", NOT_BUILT)
async def test_each_other_operation_of_the_model_says_that_it_is_not_here(operation: str) -> None:
    shape = MODEL.operation_model(operation).input_shape
    members = Values(service="lambda", random=Random(operation)).members(shape, made={})
    response = await Wire("cn-north-1").send(operation, members)
    assert response.status == 501
    assert (b"x-amzn-errortype", b"NotImplementedException") in response.headers
    said = f"{operation} of lambda is not in lambent yet."
    assert response.body == json.dumps({"message": said}, separators=(",", ":")).encode()


def test_the_counts_in_the_package_are_those_of_the_register() -> None:
    assert PAIRS_FILE.read_text(encoding="utf-8") == counted(), "renew it: ./lambent renew"


def of(operation: str) -> Iterable[Case]:
    return (case for case in CASES if case.operation == operation)


@pytest.mark.parametrize("operation", HELD_HERE)
def test_each_operation_that_is_built_has_a_pair_for_success_and_for_each_of_its_errors(
    operation: str,
) -> None:
    shown = {case.error for case in of(operation)}
    modelled = {shape.name for shape in MODEL.operation_model(operation).error_shapes}
    excused = {*NEVER, *NEVER_OF.get(operation, {})}
    missing = ({"", *modelled}) - shown - excused
    assert not missing, f"{operation} has no golden pair for {sorted(missing)} ('': success)"


def test_what_is_said_never_to_be_answered_is_of_the_model_and_shown_by_no_pair() -> None:
    for operation, reasons in NEVER_OF.items():
        modelled = {shape.name for shape in MODEL.operation_model(operation).error_shapes} | {""}
        assert set(reasons) <= modelled, operation
        assert not set(reasons) & {case.error for case in of(operation)}, operation
    assert not set(NEVER) & {case.error for case in CASES}


def test_every_pair_is_of_an_operation_that_is_built_and_names_its_source() -> None:
    for case in CASES:
        assert case.operation in HELD_HERE, case.id
        assert case.source, case.id
    names = [case.id for case in CASES]
    assert len(set(names)) == len(names)
