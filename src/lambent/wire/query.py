"""The query protocol (a form in, XML out), from a service's model: that of STS, IAM, SNS and others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.model import ServiceModel, Shape

from lambent.model.errors import UnknownOperation
from lambent.wire import values
from lambent.wire.protocol import Members, Route, WireRequest, WireResponse
from lambent.wire.render_error import xml_text
from lambent.wire.route import read_query
from lambent.wire.timestamps import TimestampFormat


@dataclass(slots=True)
class _Node:
    """What stands at one prefix of the form's dotted names."""

    text: str | None = None
    children: dict[str, "_Node"] = field(default_factory=dict)

    def numbered(self) -> list["_Node"]:
        """The children whose names are numbers, in their order."""
        numbers = sorted((int(n), n) for n in self.children if n.isascii() and n.isdigit())
        return [self.children[name] for _, name in numbers]


class Query:
    """A Codec: Action and Version in a form (or in the query of a GET), the output as XML."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._namespace: str = model.metadata.get("xmlNamespace", "")
        self._version: str = model.metadata["apiVersion"]
        self._operations = frozenset(model.operation_names)

    def route(self, request: WireRequest) -> Route:
        """By the form's Action. Raises UnknownOperation, also for another API version."""
        form = read_form(request)
        action, version = form.get("Action", ""), form.get("Version", self._version)
        if action not in self._operations or version != self._version:
            raise UnknownOperation(f"Could not find operation {action} for version {version}")
        return Route(operation=action)

    def parse(self, route: Route, request: WireRequest) -> Members:
        """The input's members. Raises SerializationFailed."""
        shape = self._model.operation_model(route.operation).input_shape
        if shape is None:
            return {}
        root = _Node()
        for name, text in read_form(request).items():
            node = root
            for part in name.split("."):
                node = node.children.setdefault(part, _Node())
            node.text = text
        return _structure(shape, root)

    def render(self, operation: str, result: Mapping[str, Any], *, request_id: str) -> WireResponse:
        """A 200 with the output wrapped as AWS wraps it."""
        shape = self._model.operation_model(operation).output_shape
        if shape is None and result:
            raise ValueError(f"{operation} has no output")
        content = ""
        if shape is not None:
            wrapper = shape.serialization.get("resultWrapper")
            content = "".join(_write_members(shape, result))
            content = f"<{wrapper}>{content}</{wrapper}>" if wrapper else content
        body = (
            f'<{operation}Response xmlns="{xml_text(self._namespace)}">{content}'
            f"<ResponseMetadata><RequestId>{xml_text(request_id)}</RequestId></ResponseMetadata>"
            f"</{operation}Response>"
        )
        headers = ((b"x-amzn-RequestId", request_id.encode()), (b"Content-Type", b"text/xml"))
        return WireResponse(status=200, headers=headers, body=body.encode())


def read_form(request: WireRequest) -> dict[str, str]:
    """The parameters of a query-protocol request, from its query and its body; the last of a name counts."""
    merged = {**read_query(request.query), **read_query(request.body)}
    return {name: found[-1] for name, found in merged.items()}


def _read(shape: Shape, node: _Node) -> Any:
    match shape.type_name:
        case "structure":
            return _structure(shape, node)
        case "list":
            return [_read(shape.member, item) for item in _list_items(shape, node)]
        case "map":
            return _map(shape, node)
        case _:
            return values.from_text(shape, node.text or "")


def _structure(shape: Shape, node: _Node) -> Members:
    members: Members = {}
    for name, member in shape.members.items():
        found = node.children.get(_member_name(member, name))
        if found is not None:
            members[name] = _read(member, found)
    return members


def _is_flat(shape: Shape) -> bool:
    return bool(shape.serialization.get("flattened"))


def _member_name(member: Shape, name: str) -> str:
    """A flattened list goes by the name of its element where the model gives one."""
    own = values.wire_name(member, name)
    if member.type_name == "list" and _is_flat(member):
        return values.wire_name(member.member, own)
    return own


def _list_items(shape: Shape, node: _Node) -> list[_Node]:
    if _is_flat(shape):
        return node.numbered()
    holder = node.children.get(values.wire_name(shape.member, "member"))
    return [] if holder is None else holder.numbered()


def _map(shape: Shape, node: _Node) -> dict[str, Any]:
    holder = node if _is_flat(shape) else node.children.get("entry", _Node())
    key_name = values.wire_name(shape.key, "key")
    value_name = values.wire_name(shape.value, "value")
    found: dict[str, Any] = {}
    for entry in holder.numbered():
        key = entry.children.get(key_name, _Node()).text or ""
        found[key] = _read(shape.value, entry.children.get(value_name, _Node(text="")))
    return found


def _write_members(shape: Shape, value: Mapping[str, Any]) -> Iterator[str]:
    values.demand_members(shape, value)
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield _write(member, _member_name(member, name), value[name])


def _write(shape: Shape, tag: str, value: Any) -> str:
    match shape.type_name:
        case "structure":
            content = "".join(_write_members(shape, value))
        case "list":
            return _write_list(shape, tag, value)
        case "map":
            return _write_map(shape, tag, value)
        case _:
            content = xml_text(values.to_text(shape, value, form=TimestampFormat.ISO))
    return f"<{tag}>{content}</{tag}>"


def _write_list(shape: Shape, tag: str, value: Any) -> str:
    if _is_flat(shape):
        return "".join(_write(shape.member, tag, item) for item in value)
    inner = values.wire_name(shape.member, "member")
    return f"<{tag}>{''.join(_write(shape.member, inner, item) for item in value)}</{tag}>"


def _write_map(shape: Shape, tag: str, value: Mapping[str, Any]) -> str:
    key_name = values.wire_name(shape.key, "key")
    value_name = values.wire_name(shape.value, "value")
    entry = tag if _is_flat(shape) else "entry"
    entries = "".join(
        f"<{entry}><{key_name}>{xml_text(str(k))}</{key_name}>{_write(shape.value, value_name, v)}</{entry}>"
        for k, v in value.items()
    )
    return entries if _is_flat(shape) else f"<{tag}>{entries}</{tag}>"
