"""Members by a model's shapes: from JSON, from the text of a path, query, header or form, and back."""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Never

import msgspec
from botocore.model import Shape

from lambent.model.errors import SerializationFailed
from lambent.wire import timestamps
from lambent.wire.timestamps import TimestampFormat

_LIST_START: Final = "Start of list found where not expected"
_MAP_START: Final = "Start of structure or map found where not expected."
_NOUNS: Final[Mapping[str, str]] = {
    "string": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "boolean": "a Boolean",
    "blob": "a Blob",
    "timestamp": "a Timestamp",
}
_INTEGER_BITS: Final[Mapping[str, int]] = {"integer": 31, "long": 63}


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in `body`; an empty body counts as `{}`. Raises SerializationFailed."""
    if not body:
        return {}
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SerializationFailed(f"The request body is not valid JSON: {error}") from error
    if isinstance(value, list):
        raise SerializationFailed(_LIST_START)
    if not isinstance(value, dict):
        raise SerializationFailed("The request body is not a JSON object")
    return value


def from_json(shape: Shape, value: Any) -> Any:
    """The member of `shape` that the decoded JSON `value` stands for; null stays None.

    Raises SerializationFailed in AWS's words (recorded from Athena and SES, whose framework is Lambda's too).
    """
    if value is None:
        return None
    match shape.type_name:
        case "structure":
            return structure_from_json(shape, value)
        case "list":
            return _list_from_json(shape, value)
        case "map":
            _demand_object(value)
            return {key: from_json(shape.value, item) for key, item in value.items()}
        case _:
            return _scalar_from_json(shape.type_name, value)


def structure_from_json(shape: Shape, value: Any) -> dict[str, Any]:
    """The structure's members that are there; null counts as absent, an unknown name is passed over."""
    _demand_object(value)
    members: dict[str, Any] = {}
    for name, member in shape.members.items():
        found = value.get(wire_name(member, name))
        if found is not None:
            members[name] = from_json(member, found)
    return members


def wire_name(member: Shape, name: str) -> str:
    """What a member is called on the wire."""
    return str(member.serialization.get("name", name))


def _demand_object(value: Any) -> None:
    if isinstance(value, list):
        raise SerializationFailed(_LIST_START)
    if not isinstance(value, dict):
        raise SerializationFailed("Expected null")


def _list_from_json(shape: Shape, value: Any) -> list[Any]:
    if isinstance(value, dict):
        raise SerializationFailed(_MAP_START)
    if not isinstance(value, list):
        raise SerializationFailed("Expected list or null")
    return [from_json(shape.member, item) for item in value]


def _scalar_from_json(kind: str, value: Any) -> Any:
    if isinstance(value, list):
        raise SerializationFailed(_LIST_START)
    if isinstance(value, dict):
        raise SerializationFailed(_MAP_START)
    match value:
        case bool():
            return value if kind == "boolean" else _refuse(kind, f"{value}_VALUE".upper())
        case str():
            return _scalar_from_string(kind, value)
        case _:
            return _scalar_from_number(kind, value)


def _scalar_from_string(kind: str, value: str) -> Any:
    if kind == "string":
        return value
    if kind == "blob":
        return _blob(value)
    return _refuse(kind, "STRING_VALUE")


def _scalar_from_number(kind: str, value: float) -> Any:
    match kind:
        case "integer" | "long":
            # A fraction is cut off, as recorded.
            whole = int(value)
            bound = 1 << _INTEGER_BITS[kind]
            return whole if -bound <= whole < bound else _refuse(kind, "NUMBER_VALUE")
        case "float" | "double":
            return float(value)
        case "timestamp":
            return _instant(value)
        case _:
            return _refuse(kind, "NUMBER_VALUE")


def _refuse(kind: str, token: str) -> Never:
    raise SerializationFailed(f"{token} can not be converted to {_NOUNS.get(kind, kind)}")


def _blob(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError) as error:
        raise SerializationFailed(
            "STRING_VALUE can not be converted to a Blob: it is not base64"
        ) from error


def _instant(value: float | str) -> datetime:
    try:
        return (
            timestamps.read_text(value) if isinstance(value, str) else timestamps.read_number(value)
        )
    except ValueError as error:
        token = "STRING_VALUE" if isinstance(value, str) else "NUMBER_VALUE"
        raise SerializationFailed(f"{token} can not be converted to a Timestamp") from error


def from_text(shape: Shape, text: str) -> Any:
    """A scalar member that stands as text in a path, a query, a header or a form. Raises SerializationFailed."""
    kind: str = shape.type_name
    match kind:
        case "boolean":
            lowered = text.lower()
            return (
                lowered == "true" if lowered in {"true", "false"} else _refuse(kind, "STRING_VALUE")
            )
        case "integer" | "long" | "float" | "double":
            return _scalar_from_number(kind, _number(kind, text))
        case "timestamp":
            return _instant(text)
        case "blob":
            return _blob(text)
        case _:
            return text


def _number(kind: str, text: str) -> float:
    # Python's int() takes more than a number on the wire may be: underscores, blanks, other scripts' digits.
    if not text.isascii() or "_" in text or text != text.strip():
        _refuse(kind, "STRING_VALUE")
    try:
        return int(text) if kind in _INTEGER_BITS else float(text)
    except ValueError as error:
        raise SerializationFailed(f"STRING_VALUE can not be converted to {_NOUNS[kind]}") from error


def to_text(shape: Shape, value: Any, *, form: TimestampFormat) -> str:
    """A scalar member as text; `form` is the place's own, and yields to the model's."""
    match shape.type_name:
        case "boolean":
            return "true" if value else "false"
        case "timestamp":
            return str(timestamps.write(value, _format(shape, form)))
        case "blob":
            return base64.b64encode(value).decode()
        case _:
            return str(value)


def to_json(shape: Shape, value: Any) -> Any:
    """What stands in JSON for a member. Raises ValueError for a member that the model does not have."""
    match shape.type_name:
        case "structure":
            return structure_to_json(shape, value)
        case "list":
            return [to_json(shape.member, item) for item in value]
        case "map":
            return {str(k): to_json(shape.value, v) for k, v in value.items()}
        case "timestamp":
            return timestamps.write(value, _format(shape, TimestampFormat.UNIX))
        case "blob":
            return base64.b64encode(value).decode()
        case _:
            return value


def structure_to_json(shape: Shape, value: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object for a structure, its members in the model's order, None left out."""
    demand_members(shape, value)
    return {
        wire_name(member, name): to_json(member, value[name])
        for name, member in shape.members.items()
        if value.get(name) is not None
    }


def demand_members(shape: Shape, value: Mapping[str, Any]) -> None:
    """Raise ValueError when `value` has a member that `shape` does not: a bug of ours, not to be dropped in silence."""
    unknown = value.keys() - shape.members.keys()
    if unknown:
        raise ValueError(f"{shape.name} has no member {', '.join(sorted(unknown))}")


def _format(shape: Shape, default: TimestampFormat) -> TimestampFormat:
    return TimestampFormat(shape.serialization.get("timestampFormat", default))
