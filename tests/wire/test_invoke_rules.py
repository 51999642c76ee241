"""The edge's rules for Invoke against botocore's model."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from lambent.model.errors import ValidationFailed
from lambent.wire.constraints import refuse
from lambent.wire.invoke_rules import INVOKE_RULES, invoke_failures
from lambent.wire.models import Models
from tests.wire.botocore_side import service_model

LAMBDA = Models().service("lambda")
SHAPE = service_model("lambda").operation_model("Invoke").input_shape


def test_every_constrained_parameter_of_the_model_has_its_rule() -> None:
    constrained = [
        name for name, s in SHAPE.members.items() if s.metadata.keys() & {"min", "pattern", "enum"}
    ]
    assert list(INVOKE_RULES) == constrained


@settings(deadline=None)
@given(
    st.fixed_dictionaries(
        {"FunctionName": st.sampled_from(["f", "a b", "", "f:1", "x" * 300, "arn:aws:lambda:f"])},
        optional={
            name: st.sampled_from(["", "Event", "Tail", "ok", "a b", "$LATEST", "y" * 400])
            for name in INVOKE_RULES
            if name != "FunctionName"
        },
    )
)
def test_the_edge_refuses_what_the_model_refuses_in_the_same_words(
    parameters: dict[str, str],
) -> None:
    assert words(lambda: refuse(invoke_failures(parameters))) == words(
        lambda: LAMBDA.validate("Invoke", dict(parameters))
    )


def words(check: Callable[[], None]) -> str:
    try:
        check()
    except ValidationFailed as error:
        return error.message
    return ""
