"""The control plane's chain: what happens to a request from its bytes to its answer, step by step.

id · route · authenticate · parse · validate · dispatch · render · access log
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from lambent.gateway.authenticator import Authenticator
from lambent.gateway.quiet import Quiet
from lambent.gateway.routing import Address, find_service
from lambent.http.exchange import Exchange
from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.errors import (
    NotImplementedHere,
    RequestEntityTooLarge,
    ServiceError,
    ServiceFailure,
    UnknownOperation,
)
from lambent.model.limits import MAX_CONTROL_REQUEST_BYTES
from lambent.model.request import RequestContext
from lambent.wire.models import Models, Service
from lambent.wire.protocol import ProtocolName, Route, WireRequest, WireResponse
from lambent.wire.render_error import render_error

Handler = Callable[[RequestContext, dict[str, Any]], Awaitable[Mapping[str, Any]]]
"""Takes the input's members as the model names them, returns the output's; raises a ServiceError."""
Handlers = Mapping[str, Handler]
"""Of one service, by the model's operation name (`CreateFunction`)."""

logger = logging.getLogger(__name__)


class _Call:
    """One request on its way through the chain."""

    __slots__ = ("address", "exchange", "operation", "request", "request_id", "started")

    def __init__(
        self, *, request_id: str, started: float, exchange: Exchange, request: WireRequest
    ) -> None:
        self.request_id, self.started = request_id, started
        self.exchange, self.request = exchange, request
        self.address: Address = find_service(request)
        self.operation = ""
        """Once it is routed."""


class ControlApplication:
    """An Application that answers AWS API calls with the handlers that it is given."""

    def __init__(
        self,
        *,
        authenticator: Authenticator,
        services: Mapping[str, Handlers],
        models: Models,
        ids: Ids,
        clock: Clock,
        tasks: asyncio.TaskGroup,
        quiet: Quiet | None = None,
    ) -> None:
        """Each request runs as a task of `tasks`; cancelling them leaves their requests unanswered.

        Each is answered within `quiet.shared()`.
        """
        self._quiet = quiet or Quiet()
        self._authenticator, self._services, self._models = authenticator, services, models
        self._ids, self._clock, self._tasks = ids, clock, tasks

    def begin(self, exchange: Exchange) -> None:
        """Read the whole request, then answer it."""
        request_id, started = self._ids.uuid(), self._clock.monotonic()
        call = partial(_Call, request_id=request_id, started=started, exchange=exchange)
        exchange.collect(
            limit=MAX_CONTROL_REQUEST_BYTES,
            then=lambda body: self._spawn(call(request=_request(exchange, body))),
            too_large=lambda: self._refuse_too_large(call(request=_request(exchange, b""))),
        )

    def _spawn(self, call: _Call) -> None:
        self._tasks.create_task(self._serve(call), name=f"request {call.request_id}")

    async def _serve(self, call: _Call) -> None:
        try:
            async with self._quiet.shared():
                response = await self._answer(call)
        except ServiceError as error:
            response = self._render_error(call, error)
        except Exception:  # the seam of an HTTP request: whatever else is raised is a bug of ours
            logger.exception("request failed", extra={"request_id": call.request_id})
            response = self._render_error(call, _our_fault())
        self._send(call, response)

    async def _answer(self, call: _Call) -> WireResponse:
        """The chain."""
        service, route = self._route(call)
        caller = self._authenticator.authenticate(
            method=call.request.method,
            target=call.request.target,
            headers=call.request.headers,
            body=call.request.body,
        )
        handler = self._handler(call.address.service, route.operation)
        members = service.parse(route, call.request)
        service.validate(route.operation, members)
        host = call.request.headers.get(b"host", b"").decode("latin-1")
        context = RequestContext(request_id=call.request_id, caller=caller, host=host)
        result = await handler(context, members)
        return service.render(route.operation, result, request_id=call.request_id)

    def _route(self, call: _Call) -> tuple[Service, Route]:
        name = call.address.service
        if not name:
            shown = call.request.path.decode("latin-1")
            raise UnknownOperation(f"No service answers to {shown}")
        if name not in self._services:
            raise NotImplementedHere(f"The service {name} is not in lambent yet.")
        service = self._models.service(name)
        call.address = Address(service=name, protocol=service.protocol)
        route = service.route(call.request)
        call.operation = route.operation
        return service, route

    def _handler(self, service: str, operation: str) -> Handler:
        handler = self._services[service].get(operation)
        if handler is None:
            raise NotImplementedHere(f"{operation} of {service} is not in lambent yet.")
        return handler

    def _refuse_too_large(self, call: _Call) -> None:
        try:
            _, route = self._route(call)
            error: ServiceError = RequestEntityTooLarge(
                f"Request must be smaller than {MAX_CONTROL_REQUEST_BYTES} bytes"
                f" for the {route.operation} operation"
            )
        except ServiceError as unroutable:
            error = unroutable
        self._send(call, self._render_error(call, error))

    def _render_error(self, call: _Call, error: ServiceError) -> WireResponse:
        protocol: ProtocolName = call.address.protocol
        return render_error(error, protocol=protocol, request_id=call.request_id)

    def _send(self, call: _Call, response: WireResponse) -> None:
        call.exchange.respond(response.status, response.headers, response.body)
        logger.info(
            "%s %s %d %.1f ms",
            call.address.service or "-",
            call.operation or call.request.path.decode("latin-1"),
            response.status,
            (self._clock.monotonic() - call.started) * 1000,
            extra={"request_id": call.request_id},
        )


def _request(exchange: Exchange, body: bytes) -> WireRequest:
    head = exchange.head
    return WireRequest(method=head.method, target=head.target, headers=head.headers, body=body)


def _our_fault() -> ServiceFailure:
    return ServiceFailure("An error occurred and the request cannot be processed.")
