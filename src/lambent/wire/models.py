"""AWS's services on the wire, each from botocore's model of it, loaded when it is first asked for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from lambent.wire.json_rpc import JsonRpc
from lambent.wire.protocol import Codec, Members, ProtocolName, Route, WireRequest, WireResponse
from lambent.wire.query import Query
from lambent.wire.rest_json import RestJson
from lambent.wire.validate import DIALECTS, Dialect, Validator


class Service:
    """One service: its protocol and its constraints. Pure; a Codec that also validates."""

    def __init__(self, model: ServiceModel, *, dialect: Dialect) -> None:
        """Raises ValueError for a service whose protocols have no codec here."""
        self._model = model
        self._validator = Validator(dialect=dialect)
        self._codec, self.protocol = _codec(model)

    @property
    def operations(self) -> frozenset[str]:
        """The names of all the operations that the model knows."""
        return frozenset(self._model.operation_names)

    def input_paths(self, operation: str) -> Sequence[str]:
        """Every member of the operation's input that is no structure, by its dotted path."""
        shape = self._model.operation_model(operation).input_shape
        return [] if shape is None else list(_leaves(shape, ""))

    def route(self, request: WireRequest) -> Route:
        """Which operation `request` means. Raises UnknownOperation."""
        return self._codec.route(request)

    def parse(self, route: Route, request: WireRequest) -> Members:
        """The operation's input. Raises SerializationFailed."""
        return self._codec.parse(route, request)

    def validate(self, operation: str, members: Members) -> None:
        """Return when the input keeps the model's constraints; else raise the service's error that names all breaches."""
        shape = self._model.operation_model(operation).input_shape
        if shape is not None:
            self._validator.validate(shape, members)

    def render(self, operation: str, result: Mapping[str, Any], *, request_id: str) -> WireResponse:
        """The answer for an operation's output. Raises ValueError for members that the model does not have."""
        return self._codec.render(operation, result, request_id=request_id)


def _leaves(shape: Shape, prefix: str) -> Iterator[str]:
    for name, member in shape.members.items():
        if member.type_name == "structure":
            yield from _leaves(member, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _codec(model: ServiceModel) -> tuple[Codec, ProtocolName]:
    protocols = model.metadata.get("protocols", [model.metadata["protocol"]])
    if "rest-json" in protocols:
        return RestJson(model), ProtocolName.REST_JSON
    if "json" in protocols:
        return JsonRpc(model), ProtocolName.JSON
    if "query" in protocols:
        return Query(model), ProtocolName.QUERY
    raise ValueError(f"{model.service_name} speaks {protocols}, for which there is no codec")


class Models:
    """Services by botocore's names (`lambda`, `logs`, `sts`). Not for several threads at once."""

    def __init__(self, *, loader: Loader | None = None) -> None:
        self._loader = loader or Loader()
        self._services: dict[str, Service] = {}

    def service(self, name: str) -> Service:
        """The service called `name`; the first call reads its model (some 100 ms). Raises KeyError for an unknown name."""
        service = self._services.get(name)
        if service is None:
            service = self._services[name] = self._load(name)
        return service

    def _load(self, name: str) -> Service:
        try:
            document = self._loader.load_service_model(name, "service-2")
        except UnknownServiceError as error:
            raise KeyError(name) from error
        model = ServiceModel(document, service_name=name)
        return Service(model, dialect=DIALECTS.get(name, Dialect()))
