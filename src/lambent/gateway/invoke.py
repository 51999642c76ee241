"""Invoke: `POST /2015-03-31/functions/{FunctionName}/invocations`, callbacks from the request to the answer."""

import base64
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol

from lambent.execution.invocable import refuse_unless_invocable
from lambent.execution.port import CurrentFunctions, Settle
from lambent.gateway.invoke_payload import checked_payload, decoded_client_context
from lambent.gateway.invoke_target import parse_target
from lambent.gateway.trace_header import TraceHeaders
from lambent.http.exchange import Exchange, Headers
from lambent.kit.ids import Ids
from lambent.model.errors import (
    FunctionNotFound,
    InvalidParameterValue,
    NotImplementedHere,
    RequestEntityTooLarge,
    ServiceError,
    ServiceFailure,
)
from lambent.model.function import LATEST, FunctionKey, FunctionVersion
from lambent.model.invocation import Invocation, Outcome
from lambent.model.limits import MAX_INVOKE_PAYLOAD_BYTES
from lambent.model.request import Caller

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 4_096
_HASHED_AT_ONCE: Final = 65_536
"""A larger body is hashed as it comes in: all at once 6 MB keep everybody waiting for 4 ms."""
_TOO_LARGE: Final = f"Request must be smaller than {MAX_INVOKE_PAYLOAD_BYTES} bytes for the InvokeFunction operation"
_TYPES: Final = frozenset({b"", b"RequestResponse", b"Event", b"DryRun"})
_LOG_TYPES: Final = frozenset({b"", b"None", b"Tail"})
_JSON: Final = (b"Content-Type", b"application/json")
_REMAPPED: Final = (b"x-amzn-Remapped-Content-Length", b"0")

RenderError = Callable[[ServiceError, str], tuple[int, Headers, bytes]]
"""An error and a request id as status, headers and body of an answer."""


class Sha256(Protocol):
    """A SHA-256 of what has come so far."""

    def update(self, data: bytes | memoryview, /) -> None:
        """The next piece."""
        ...

    def hexdigest(self) -> str:
        """Of all pieces."""
        ...


class Authenticates(Protocol):
    """Knows who sends a request."""

    def authenticate(
        self,
        *,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        body_sha256: str = "",
    ) -> Caller:
        """The caller; `body_sha256` is the body's hash in hexadecimal, where it is known. Raises ServiceError."""
        ...


class Submits(Protocol):
    """Runs invocations."""

    def submit(self, invocation: Invocation, settle: Settle) -> None:
        """Run it and call `settle` once. Raises ServiceError at once when it is not accepted."""
        ...


class InvokeApplication:
    """Answers Invoke requests, and nothing else: the front sends only those."""

    def __init__(
        self,
        *,
        invoker: Submits,
        functions: CurrentFunctions,
        identity: Authenticates,
        render_error: RenderError,
        trace_headers: TraceHeaders,
        ids: Ids,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """`chance` is from 0 up to 1, anew for each invocation of an alias."""
        self._invoker, self._functions, self._identity = invoker, functions, identity
        self._render_error, self._trace_headers, self._ids = render_error, trace_headers, ids
        self._chance = chance
        self._known: dict[tuple[bytes, str, str], _Addressed] = {}

    def begin(self, exchange: Exchange) -> None:
        """Take the whole body, then run the function."""
        call = _Call(self, exchange, self._ids.uuid())
        length = exchange.head.content_length
        if length is None or length > _HASHED_AT_ONCE:
            call.digest = sha256()
        exchange.collect(
            limit=MAX_INVOKE_PAYLOAD_BYTES,
            then=call.collected,
            too_large=call.too_large,
            digest=call.digest,
        )

    def run(self, call: "_Call", body: bytes) -> None:
        """Submit what `call` asks for. Raises ServiceError."""
        head = call.exchange.head
        headers = head.headers
        caller = self._identity.authenticate(
            method=head.method,
            target=head.target,
            headers=headers,
            body=body,
            body_sha256="" if call.digest is None else call.digest.hexdigest(),
        )
        kind = headers.get(b"x-amz-invocation-type", b"")
        log_type = headers.get(b"x-amz-log-type", b"")
        addressed = self._addressed(head.target, caller, headers)
        _refuse_what_is_not_built(kind, headers)
        function = self._function(addressed)
        context = headers.get(b"x-amz-client-context")
        invocation = Invocation(
            request_id=call.request_id,
            function=function,
            invoked_arn=addressed.invoked_arn,
            payload=checked_payload(body),
            trace_id=self._trace_headers.of(headers.get(b"x-amzn-trace-id", b"")),
            client_context=decoded_client_context(context) if context else "",
            wants_tail=log_type == b"Tail",
        )
        call.trace_id, call.wants_tail = invocation.trace_id, invocation.wants_tail
        if kind == b"DryRun":
            call.exchange.respond(204, call.headers(), b"")
        else:
            self._invoker.submit(invocation, call.settled)

    def refuse(self, call: "_Call", error: ServiceError) -> None:
        """Answer with an error."""
        status, headers, body = self._render_error(error, call.request_id)
        call.exchange.respond(status, headers, body)

    def _addressed(
        self, target: bytes, caller: Caller, headers: Mapping[bytes, bytes]
    ) -> "_Addressed":
        """What the request names, which is the same whenever the same is asked."""
        asked = (target, caller.account_id, caller.region)
        known = self._known.get(asked)
        if known is not None and _is_ordinary(headers):
            return known
        given, said = parse_target(target, headers)
        said.demand_reachable(caller, operation="InvokeFunction", given=given)
        qualifier = said.qualifier or LATEST
        is_version = qualifier == LATEST or qualifier.isdecimal()
        key = FunctionKey(
            account_id=caller.account_id,
            region=caller.region,
            name=said.name,
            version=qualifier if is_version else LATEST,
        )
        addressed = _Addressed(
            key=key,
            alias="" if is_version else qualifier,
            invoked_arn=f"{key.unqualified_arn}:{said.qualifier}".rstrip(":"),
        )
        if len(self._known) >= _REMEMBERED:  # what clients write must not fill the memory
            self._known.clear()
        self._known[asked] = addressed
        return addressed

    def _function(self, addressed: "_Addressed") -> FunctionVersion:
        key, alias = addressed.key, addressed.alias
        function = self._functions.find(self._led_to(key, alias) if alias else key)
        if function is None:
            raise FunctionNotFound(f"{key.unqualified_arn}:{alias or key.version}")
        refuse_unless_invocable(function)
        return function

    def _led_to(self, key: FunctionKey, alias: str) -> FunctionKey:
        """The version for this invocation of an alias; that of an unknown alias names no version."""
        traffic = self._functions.traffic(key)
        route = traffic.aliases.get(alias) if traffic else None
        return key._replace(version=route.choose(self._chance()) if route else alias)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Addressed:
    """What the caller named, and how."""

    key: FunctionKey
    """The version, for an alias $LATEST."""
    alias: str
    """Empty for none."""
    invoked_arn: str


class _Call:
    """One request on its way."""

    __slots__ = ("_application", "digest", "exchange", "request_id", "trace_id", "wants_tail")

    def __init__(self, application: InvokeApplication, exchange: Exchange, request_id: str) -> None:
        self._application, self.exchange, self.request_id = application, exchange, request_id
        self.digest: Sha256 | None = None
        self.trace_id = ""
        self.wants_tail = False

    def collected(self, body: bytes) -> None:
        """The body is whole."""
        try:
            self._application.run(self, body)
        except ServiceError as error:
            self._application.refuse(self, error)
        except Exception:  # noqa: BLE001 - the seam of an HTTP request: it must be answered
            _log.exception("an Invoke request failed", extra={"id": self.request_id})
            self._application.refuse(self, ServiceFailure("An internal error occurred."))

    def too_large(self) -> None:
        """The body is over the limit."""
        self._application.refuse(self, RequestEntityTooLarge(_TOO_LARGE))

    def settled(self, result: Outcome | ServiceError) -> None:
        """The invocation has come to its end; a client that is gone hears nothing."""
        if isinstance(result, ServiceError):
            self._application.refuse(self, result)
            return
        headers = self.headers()
        headers.append((b"X-Amz-Executed-Version", result.executed_version.encode()))
        if result.function_error:
            headers.append((b"X-Amz-Function-Error", result.function_error.encode()))
        if self.wants_tail:
            headers.append((b"X-Amz-Log-Result", base64.b64encode(result.log_tail)))
        self.exchange.respond(200, headers, result.payload)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What every answer carries that is not an error."""
        return [
            _JSON,
            (b"x-amzn-RequestId", self.request_id.encode()),
            _REMAPPED,
            (b"X-Amzn-Trace-Id", self.trace_id.encode()),
        ]


def _is_ordinary(headers: Mapping[bytes, bytes]) -> bool:
    """Whether nothing in the headers can break a constraint."""
    return (
        headers.get(b"x-amz-invocation-type", b"") in _TYPES
        and headers.get(b"x-amz-log-type", b"") in _LOG_TYPES
        and b"x-amz-tenant-id" not in headers
        and b"x-amz-durable-execution-name" not in headers
    )


def _refuse_what_is_not_built(kind: bytes, headers: Mapping[bytes, bytes]) -> None:
    if kind == b"Event":
        raise NotImplementedHere(
            "Invoke with InvocationType Event is not implemented yet; use RequestResponse."
        )
    if b"x-amz-durable-execution-name" in headers:
        raise NotImplementedHere("Invoke of durable executions is not implemented yet.")
    if b"x-amz-tenant-id" in headers:
        raise InvalidParameterValue(
            "The invoked function is not enabled with tenancy configuration. "
            "Remove the tenant ID from your request and try again."
        )
