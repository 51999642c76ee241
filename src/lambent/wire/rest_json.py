"""The rest-json protocol, from a service's model: Lambda's."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from botocore.model import ServiceModel, Shape

from lambent.wire import values
from lambent.wire.protocol import Members, Route, WireRequest, WireResponse
from lambent.wire.route import Query, Router, read_query
from lambent.wire.timestamps import TimestampFormat

_IN_BODY: Final = "body"


class RestJson:
    """A Codec: labels, query, headers and a JSON or raw body."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._router = Router(model)

    def route(self, request: WireRequest) -> Route:
        """By method, path and query. Raises UnknownOperation."""
        return self._router.route(request.method, request.path, read_query(request.query))

    def parse(self, route: Route, request: WireRequest) -> Members:
        """The input's members, from wherever the model puts them. Raises SerializationFailed."""
        shape = self._model.operation_model(route.operation).input_shape
        if shape is None:
            return {}
        members = _parse_body(shape, request.body)
        query = read_query(request.query)
        for name, member in shape.members.items():
            value = _parse_located(name, member, route.labels, query, request.headers)
            if value is not None:
                members[name] = value
        return members

    def render(self, operation: str, result: Mapping[str, Any], *, request_id: str) -> WireResponse:
        """Status, headers and body as the model places the output's members."""
        model = self._model.operation_model(operation)
        shape = model.output_shape
        status: int = model.http.get("responseCode", 200)
        headers = {b"x-amzn-RequestId": request_id.encode()}
        if shape is None:
            if result:
                raise ValueError(f"{operation} has no output")
            return _response(status, headers, b"" if status == 204 else b"{}")
        values.demand_members(shape, result)
        for name, member in shape.members.items():
            value = result.get(name)
            if value is None:
                continue
            location = member.serialization.get("location")
            if location == "statusCode":
                status = value
            elif location == "header":
                text = values.to_text(member, value, form=TimestampFormat.HTTP)
                key = values.wire_name(member, name).encode()
                headers[key] = " ".join(text.splitlines()).encode("latin-1", "replace")
        return _response(status, headers, _render_body(shape, result, status))


def _parse_located(
    name: str,
    member: Shape,
    labels: Mapping[str, str],
    query: Query,
    headers: Mapping[bytes, bytes],
) -> Any:
    wire_name = values.wire_name(member, name)
    match member.serialization.get("location"):
        case "uri":
            return values.from_text(member, labels[wire_name])
        case "querystring":
            found = query.get(wire_name)
            if found is None:
                return None
            if member.type_name == "list":
                return [values.from_text(member.member, text) for text in found]
            return values.from_text(member, found[-1])
        case "header":
            text = headers.get(wire_name.lower().encode())
            return None if text is None else values.from_text(member, text.decode("latin-1"))
        case _:
            return None


def _parse_body(shape: Shape, body: bytes) -> Members:
    payload = shape.serialization.get("payload")
    if payload is not None:
        if not body:
            return {}
        member = shape.members[payload]
        if member.type_name == "blob":
            return {payload: body}
        return {payload: values.structure_from_json(member, values.read_object(body))}
    in_body = _members_in_body(shape)
    if not in_body:
        return {}
    document = values.read_object(body)
    found = ((n, m, document.get(values.wire_name(m, n))) for n, m in in_body.items())
    return {n: values.from_json(m, value) for n, m, value in found if value is not None}


def _members_in_body(shape: Shape) -> dict[str, Shape]:
    return {
        name: member
        for name, member in shape.members.items()
        if member.serialization.get("location", _IN_BODY) == _IN_BODY
    }


def _render_body(shape: Shape, result: Mapping[str, Any], status: int) -> bytes:
    payload = shape.serialization.get("payload")
    if payload is not None:
        value = result.get(payload)
        if value is None:
            return b""
        if isinstance(value, bytes):  # a blob, or the frames of an event stream
            return value
        return msgspec.json.encode(values.structure_to_json(shape.members[payload], value))
    in_body = _members_in_body(shape)
    if status == 204:
        return b""
    document = {
        values.wire_name(member, name): values.to_json(member, result[name])
        for name, member in in_body.items()
        if result.get(name) is not None
    }
    return msgspec.json.encode(document)


def _response(status: int, headers: dict[bytes, bytes], body: bytes) -> WireResponse:
    if body:
        headers.setdefault(b"Content-Type", b"application/json")
    return WireResponse(status=status, headers=tuple(headers.items()), body=body)
