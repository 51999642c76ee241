"""The json protocol (`X-Amz-Target`, JSON 1.0 and 1.1), from a service's model."""

from collections.abc import Mapping
from typing import Any

import msgspec
from botocore.model import ServiceModel

from lambent.model.errors import UnknownOperation
from lambent.wire import values
from lambent.wire.protocol import Members, Route, WireRequest, WireResponse


class JsonRpc:
    """A Codec: the operation in a header, input and output as JSON bodies."""

    def __init__(self, model: ServiceModel) -> None:
        self._model = model
        self._prefix: str = model.metadata["targetPrefix"]
        version: str = model.metadata.get("jsonVersion", "1.0")
        self._content_type = f"application/x-amz-json-{version}".encode()
        self._operations = frozenset(model.operation_names)

    def route(self, request: WireRequest) -> Route:
        """By `X-Amz-Target: PREFIX.OPERATION`. Raises UnknownOperation."""
        target = request.headers.get(b"x-amz-target", b"").decode("latin-1")
        prefix, _, operation = target.rpartition(".")
        if prefix != self._prefix or operation not in self._operations:
            raise UnknownOperation(f"No operation answers to the target '{target}'")
        return Route(operation=operation)

    def parse(self, route: Route, request: WireRequest) -> Members:
        """The input's members. Raises SerializationFailed."""
        document = values.read_object(request.body)
        shape = self._model.operation_model(route.operation).input_shape
        return {} if shape is None else values.structure_from_json(shape, document)

    def render(self, operation: str, result: Mapping[str, Any], *, request_id: str) -> WireResponse:
        """A 200 with the output as JSON; an operation without output has an empty body."""
        shape = self._model.operation_model(operation).output_shape
        if shape is None and result:
            raise ValueError(f"{operation} has no output")
        document = None if shape is None else values.structure_to_json(shape, result)
        headers = (
            (b"x-amzn-RequestId", request_id.encode()),
            (b"Content-Type", self._content_type),
        )
        body = b"" if document is None else msgspec.json.encode(document)
        return WireResponse(status=200, headers=headers, body=body)
