"""No input is taken and then ignored: each member of the model has its effect or is refused by name."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from lambent.model.errors import InvalidParameterValue
from lambent.services.lambda_.effects import EFFECTIVE, UNSUPPORTED, refuse_unsupported

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
HARMLESS = {"Zip", "Text", "None", "PassThrough"}


def example(shape: Shape) -> Any:
    """A value that asks for something."""
    if shape.type_name != "string":
        return ORDINARY[shape.type_name]
    return next((v for v in getattr(shape, "enum", ()) if v not in HARMLESS), "x")


@pytest.mark.parametrize(
    ("operation", "path"), [(operation, path) for operation, path, _ in INPUTS]
)
def test_each_member_is_effective_or_refused_and_not_both(operation: str, path: str) -> None:
    effective = any(lies_in(path, listed) for listed in EFFECTIVE[operation])
    refused = any(lies_in(path, one.path) for one in UNSUPPORTED)
    assert effective != refused


@pytest.mark.parametrize(("operation", "path", "member"), INPUTS)
def test_a_member_without_effect_is_refused_by_name(
    operation: str, path: str, member: Shape
) -> None:
    listed = [one for one in UNSUPPORTED if lies_in(path, one.path)]
    if not listed:
        assert any(lies_in(path, effective) for effective in EFFECTIVE[operation])
        return
    members: Any = example(member)
    for name in reversed(path.split(".")):
        members = {name: members}
    with pytest.raises(InvalidParameterValue) as refused:
        refuse_unsupported(members)
    last = listed[0].path.rpartition(".")[2]
    assert last in refused.value.message or "LogLevel" in refused.value.message


def test_what_is_listed_is_in_the_model() -> None:
    known = {path for _, path, _ in INPUTS}
    for listed in {one.path for one in UNSUPPORTED} | {p for ps in EFFECTIVE.values() for p in ps}:
        assert any(lies_in(path, listed) for path in known), listed
