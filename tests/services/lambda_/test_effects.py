"""No input is taken and then ignored in silence: each member of the model has its effect, is declared to have none, or is refused."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from lambent.model.errors import InvalidParameterValue
from lambent.services.lambda_.effects import (
    EFFECTIVE,
    EFFECTS,
    UNSUPPORTED,
    WITHOUT_EFFECT,
    refuse_unsupported,
    without_effect,
)

MODEL = ServiceModel(Loader().load_service_model("lambda", "service-2"))


def paths(shape: Shape, *, prefix: str = "") -> Iterator[tuple[str, Shape]]:
    """Every member below `shape` that is not a structure, by its dotted path."""
    for name, member in shape.members.items():
        path = f"{prefix}{name}"
        if member.type_name == "structure":
            yield from paths(member, prefix=f"{path}.")
        else:
            yield path, member


def lies_in(path: str, listed: str) -> bool:
    return path == listed or path.startswith(f"{listed}.")


INPUTS = [
    (operation, path, member)
    for operation in EFFECTIVE
    for path, member in paths(MODEL.operation_model(operation).input_shape)
]


ORDINARY: dict[str, Any] = {
    "list": ["x"],
    "map": {"key": "x"},
    "boolean": True,
    "integer": 7,
    "double": 7.0,
    "blob": b"x",
}
HARMLESS = {"Zip", "Text", "None", "PassThrough", "COPY"}


def example(shape: Shape) -> Any:
    """A value that asks for something."""
    if shape.type_name != "string":
        return ORDINARY[shape.type_name]
    return next((v for v in getattr(shape, "enum", ()) if v not in HARMLESS), "x")


@pytest.mark.parametrize(
    ("operation", "path"), [(operation, path) for operation, path, _ in INPUTS]
)
def test_each_member_is_effective_refused_or_declared_and_only_one_of_these(
    operation: str, path: str
) -> None:
    effects = EFFECTS[operation]
    lists = (effects.effective, effects.refused, effects.without_effect)
    assert [any(lies_in(path, one) for one in listed) for listed in lists].count(True) == 1


@pytest.mark.parametrize(
    ("path", "member"),
    [
        (path, member)
        for _, path, member in INPUTS
        if any(lies_in(path, one.path) for one in UNSUPPORTED)
    ],
)
def test_a_refused_member_is_named_in_the_refusal(path: str, member: Shape) -> None:
    listed = next(one for one in UNSUPPORTED if lies_in(path, one.path))
    members: Any = example(member)
    for name in reversed(path.split(".")):
        members = {name: members}
    with pytest.raises(InvalidParameterValue) as refused:
        refuse_unsupported(members)
    assert listed.path.rpartition(".")[2] in refused.value.message


@pytest.mark.parametrize(
    ("path", "member"),
    [
        (path, member)
        for operation, path, member in INPUTS
        if operation in {"CreateFunction", "UpdateFunctionCode"}
        if any(lies_in(path, one) for one in WITHOUT_EFFECT)
    ],
)
def test_a_declared_member_is_taken_and_told_of(path: str, member: Shape) -> None:
    members: Any = example(member)
    for name in reversed(path.split(".")):
        members = {name: members}
    refuse_unsupported(members)
    listed = next(one for one in WITHOUT_EFFECT if lies_in(path, one))
    assert without_effect(members) == [(listed, WITHOUT_EFFECT[listed])]


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}},
        {"TracingConfig": {"Mode": "PassThrough"}, "SnapStart": {"ApplyOn": "None"}},
        {"LoggingConfig": {"LogFormat": "Text", "LogGroup": "/mine"}},
        {"DeadLetterConfig": {"TargetArn": ""}, "KMSKeyArn": "", "FileSystemConfigs": []},
    ],
)
def test_what_asks_for_nothing_is_not_told_of(members: dict[str, Any]) -> None:
    assert without_effect(members) == []


def test_what_is_listed_is_in_the_model() -> None:
    known = {path for _, path, _ in INPUTS}
    listed = {one.path for one in UNSUPPORTED} | {p for ps in EFFECTIVE.values() for p in ps}
    for one in {*listed, *WITHOUT_EFFECT}:
        assert any(lies_in(path, one) for path in known), one
