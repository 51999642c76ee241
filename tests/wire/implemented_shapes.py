"""What AWS's model says of the operations that are built, as lines of text: a bump of botocore shows what moved."""

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from botocore.model import OperationModel, Shape

from lambent.daemon.operations import EFFECTS
from tests.wire.botocore_side import service_model

SHAPES_FILE: Final = Path(__file__).with_name("implemented_shapes.txt")
_TOLD: Final = ("min", "max", "pattern", "sensitive", "union", "exception", "fault", "error")


def implemented_shapes() -> str:
    """A line for each operation that is built, for each shape that it leads to and for each member; a digest of all at the end."""
    lines = [
        line
        for service, operations in sorted(EFFECTS.items())
        for line in _service(service, sorted(operations))
    ]
    text = "".join(f"{line}\n" for line in lines)
    return f"{text}sha256 {hashlib.sha256(text.encode()).hexdigest()}\n"


def _service(service: str, operations: Iterable[str]) -> Iterator[str]:
    shapes: dict[str, Shape] = {}
    for name in operations:
        operation = service_model(service).operation_model(name)
        yield f"{service} {_operation(operation)}"
        for shape in (operation.input_shape, operation.output_shape, *operation.error_shapes):
            if shape is not None:
                _collect(shape, shapes)
    for _, shape in sorted(shapes.items()):
        yield f"{service} {_shape(shape)}"
        if shape.type_name == "structure":
            for name, member in sorted(shape.members.items()):
                required = " required" if name in shape.required_members else ""
                where = _pairs(sorted(member.serialization.items()))
                yield f"{service} {shape.name}.{name}: {member.name}{required}{where}"


def _operation(operation: OperationModel) -> str:
    http = " ".join(
        str(operation.http.get(k, "")) for k in ("method", "requestUri", "responseCode")
    )
    shapes = [
        f"{way} {shape.name}"
        for way, shape in (("in", operation.input_shape), ("out", operation.output_shape))
        if shape is not None
    ]
    errors = sorted(str(shape.name) for shape in operation.error_shapes)
    return f"{operation.name}() {http}, {', '.join(shapes)}, errors: {', '.join(errors)}"


def _shape(shape: Shape) -> str:
    told = [(name, shape.metadata[name]) for name in _TOLD if name in shape.metadata]
    if enum := shape.metadata.get("enum"):
        told.append(("enum", ",".join(enum)))
    of = ", ".join(inner.name for inner in _inner(shape)) if shape.type_name != "structure" else ""
    return f"{shape.name}: {shape.type_name}{f' of {of}' if of else ''}{_pairs(told)}"


def _pairs(told: Iterable[tuple[str, object]]) -> str:
    shown = "; ".join(f"{name}={value}" for name, value in told)
    return f" ({shown})" if shown else ""


def _collect(shape: Shape, shapes: dict[str, Shape]) -> None:
    if shape.name not in shapes:
        shapes[shape.name] = shape
        for inner in _inner(shape):
            _collect(inner, shapes)


def _inner(shape: Shape) -> list[Shape]:
    match shape.type_name:
        case "structure":
            return list(shape.members.values())
        case "list":
            return [shape.member]
        case "map":
            return [shape.key, shape.value]
        case _:
            return []
