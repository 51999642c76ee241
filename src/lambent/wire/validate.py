"""An operation's input against the constraints of its model, in AWS's words and order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.model import Shape

from lambent.model.errors import FrameworkError, ServiceError, ValidationFailed
from lambent.model.function_name import WHOLE_ARN
from lambent.wire.constraints import (
    NOT_NULL,
    Failure,
    RangeRule,
    TextRule,
    lower_camel,
    refuse,
)
from lambent.wire.protocol import Members

_NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
_FRACTIONS: Final = frozenset({"float", "double"})


class InvalidParameter(FrameworkError):
    """What CloudWatch Logs calls a member that breaks a constraint."""

    code = "InvalidParameterException"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """In what a service's own validation differs from the rule."""

    error: type[ServiceError] = ValidationFailed
    hides_values: bool = False
    """Never repeats a value, as services that log customer data do."""
    enum_orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the enum's shape, where the order that AWS prints is known not to be the model's."""
    maximums: Mapping[str, int] = field(default_factory=dict)
    """By shape, where the service's own bound is known to be lower than the model's."""
    stricter: Mapping[str, str] = field(default_factory=dict)
    """By shape, a pattern that the service demands besides the model's, without saying so."""
    open_enums: frozenset[str] = frozenset()
    """Enums that the model names and the service checks itself, later and in other words."""
    open_lists: frozenset[str] = frozenset()
    """Lists whose elements the service checks itself, in other words than the rule's."""


DIALECTS: Final[Mapping[str, Dialect]] = {
    "lambda": Dialect(
        enum_orders={  # reference: recorded
            "EventSourcePosition": ("LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"),
            "InvokeMode": ("RESPONSE_STREAM", "BUFFERED"),
            "RecursiveLoop": ("Terminate", "Allow"),
        },
        # Recorded; the model's 5,400 seconds hold for functions on managed instances alone.
        maximums={"Timeout": 900},
        stricter=dict.fromkeys(
            (
                "FunctionName",
                "NamespacedFunctionName",
                "UnqualifiedFunctionName",
                "FunctionUrlFunctionName",
            ),
            WHOLE_ARN,
        ),
        open_enums=frozenset({"Runtime"}),
        open_lists=frozenset({"CompatibleArchitectures"}),
    ),
    "logs": Dialect(error=InvalidParameter, hides_values=True),
}


class Validator:
    """One service's constraints; rules are made from the model as shapes are met."""

    def __init__(self, *, dialect: Dialect) -> None:
        self._dialect = dialect
        self._texts: dict[str, TextRule] = {}

    def validate(self, shape: Shape, members: Members) -> None:
        """Return when `members` keep all constraints of the input `shape`, else raise AWS's error, naming them all."""
        refuse(self._structure(shape, members, ""), error=self._dialect.error)

    def _structure(self, shape: Shape, members: Mapping[str, Any], path: str) -> Iterator[Failure]:
        # AWS reports members in the reverse of the model's order (recorded: qualifier before functionName;
        # writeCapacityUnits before readCapacityUnits; a tag's value before its key).
        for name, member in reversed(shape.members.items()):
            at = f"{path}.{lower_camel(name)}" if path else lower_camel(name)
            value = members.get(name)
            if value is not None:
                yield from self._member(member, value, at)
            elif name in shape.required_members:
                yield Failure(value=None, path=at, constraint=NOT_NULL, hidden=self._hides(member))

    def _member(self, shape: Shape, value: Any, path: str) -> Iterator[Failure]:
        for constraint in self._broken(shape, value):
            yield self._failure(shape, value, path, constraint)
        match shape.type_name:
            case "structure":
                yield from self._structure(shape, value, path)
            case "list":
                yield from self._elements(shape, value, path)
            case "map":
                yield from self._entries(shape, value, path)
            case _:
                return

    def _elements(self, shape: Shape, value: list[Any], path: str) -> Iterator[Failure]:
        is_open = shape.name in self._dialect.open_lists
        if not is_open and not self._all_kept(shape.member, value):
            texts = ", ".join(self._constraints(shape.member))
            constraint = f"Member must satisfy constraint: [{texts}]"
            yield self._failure(shape, value, path, constraint)
        if shape.member.type_name in {"structure", "list", "map"}:
            for number, item in enumerate(value, start=1):
                if item is not None:
                    yield from self._inside(shape.member, item, f"{path}.{number}.member")

    def _entries(self, shape: Shape, value: dict[str, Any], path: str) -> Iterator[Failure]:
        # Keys before values, each once, however many break the rule.
        for what, part, found in (
            ("keys", shape.key, list(value)),
            ("value", shape.value, list(value.values())),
        ):
            if not self._all_kept(part, found):
                texts = ", ".join(self._constraints(part))
                constraint = f"Map {what} must satisfy constraint: [{texts}]"
                yield self._failure(shape, value, path, constraint)
        for key, item in value.items():
            if item is not None:
                yield from self._inside(shape.value, item, f"{path}.{key}.member")

    def _inside(self, shape: Shape, value: Any, path: str) -> Iterator[Failure]:
        """What is wrong within an element, beyond what its own constraints say of it."""
        match shape.type_name:
            case "structure":
                yield from self._structure(shape, value, path)
            case "list":
                yield from self._elements(shape, value, path)
            case "map":
                yield from self._entries(shape, value, path)
            case _:
                return

    def _all_kept(self, shape: Shape, found: list[Any]) -> bool:
        return all(item is not None and not self._broken(shape, item) for item in found)

    def _broken(self, shape: Shape, value: Any) -> list[str]:
        kind = shape.type_name
        if kind == "string":
            return self._text(shape).broken(value)
        if kind in _NUMBERS:
            return self._range(shape).broken(value)
        if kind in {"list", "map", "blob"}:
            return self._range(shape).broken(len(value))
        return []

    def _constraints(self, shape: Shape) -> list[str]:
        kind = shape.type_name
        texts = (
            self._text(shape).constraints()
            if kind == "string"
            else self._range(shape).constraints()
        )
        return [*texts, NOT_NULL]

    def _text(self, shape: Shape) -> TextRule:
        rule = self._texts.get(shape.name)
        if rule is None:
            metadata = shape.metadata
            enum = () if shape.name in self._dialect.open_enums else metadata.get("enum", ())
            rule = self._texts[shape.name] = TextRule(
                minimum=metadata.get("min"),
                maximum=metadata.get("max"),
                pattern=metadata.get("pattern"),
                also=self._dialect.stricter.get(shape.name),
                enum=self._dialect.enum_orders.get(shape.name, enum),
            )
        return rule

    def _range(self, shape: Shape) -> RangeRule:
        as_number = float if shape.type_name in _FRACTIONS else int
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        high = self._dialect.maximums.get(shape.name, high)
        return RangeRule(
            of="value" if shape.type_name in _NUMBERS else "length",
            minimum=None if low is None else as_number(low),
            maximum=None if high is None else as_number(high),
        )

    def _hides(self, shape: Shape) -> bool:
        return self._dialect.hides_values or bool(shape.metadata.get("sensitive"))

    def _failure(self, shape: Shape, value: Any, path: str, constraint: str) -> Failure:
        hidden = self._hides(shape)
        shown = "" if hidden else printed(shape, value)
        return Failure(value=shown, path=path, constraint=constraint, hidden=hidden)


def printed(shape: Shape, value: Any) -> str:
    """`value` as Java's toString writes it, which is how AWS's messages show lists, maps and structures."""
    if value is None:
        return "null"
    match shape.type_name:
        case "structure":
            text = f"{shape.name}({', '.join(_printed_members(shape, value))})"
        case "list":
            text = f"[{', '.join(printed(shape.member, item) for item in value)}]"
        case "map":
            pairs = (f"{key}={printed(shape.value, item)}" for key, item in value.items())
            text = f"{{{', '.join(pairs)}}}"
        case "blob":
            text = f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
        case "boolean":
            text = "true" if value else "false"
        case _:
            text = str(value)
    return text


def _printed_members(shape: Shape, value: Mapping[str, Any]) -> Iterator[str]:
    for name, member in shape.members.items():
        yield f"{lower_camel(name)}={printed(member, value.get(name))}"
