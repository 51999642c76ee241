"""The Invoke application with an engine that runs nothing."""

import json
from collections.abc import Mapping

from lambent.execution.port import Settle
from lambent.gateway.invoke import InvokeApplication
from lambent.gateway.trace_header import TraceHeaders
from lambent.http.exchange import Headers
from lambent.model.errors import (
    ServiceError,
)
from lambent.model.invocation import Invocation
from lambent.model.request import Caller
from tests.fakes.clock import ManualClock
from tests.fakes.environments import CountingIds, FakeFunctions, active_function
from tests.fakes.invoke_exchange import FakeExchange

HELLO = b"/2015-03-31/functions/hello/invocations"
ARN = "arn:aws:lambda:us-east-1:000000000000:function:hello"


class Engine:
    """Runs nothing: keeps what it is given, settles as told."""

    def __init__(self) -> None:
        self.taken: list[Invocation] = []
        self.settles: list[Settle] = []
        self.refuses: Exception | None = None

    def submit(self, invocation: Invocation, settle: Settle) -> None:
        """Keep it, or refuse."""
        if self.refuses is not None:
            raise self.refuses
        self.taken.append(invocation)
        self.settles.append(settle)


class OpenDoor:
    """Lets everybody in as account 000000000000 of us-east-1."""

    def __init__(self) -> None:
        self.refuses: ServiceError | None = None
        self.hashes: list[tuple[bytes, str]] = []
        """Of each request the body and what was known of its hash."""

    def authenticate(
        self,
        *,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        body_sha256: str = "",
    ) -> Caller:
        """The caller."""
        del method, target, headers
        self.hashes.append((body, body_sha256))
        if self.refuses is not None:
            raise self.refuses
        return Caller(
            account_id="000000000000",
            region="us-east-1",
            arn="arn:aws:iam::000000000000:root",
            user_id="000000000000",
        )


def render(error: ServiceError, request_id: str) -> tuple[int, Headers, bytes]:
    """An error for the test to read."""
    body = {"code": error.code, "message": error.message, **error.members}
    return error.status, [(b"x-amzn-RequestId", request_id.encode())], json.dumps(body).encode()


class Front:
    """The application and its surroundings."""

    def __init__(self) -> None:
        self.engine, self.door = Engine(), OpenDoor()
        self.chance = 0.5
        """What each invocation of an alias draws."""
        self.functions = FakeFunctions(active_function())
        clock, ids = ManualClock(epoch_ms=1_764_072_000_000), CountingIds()
        self.application = InvokeApplication(
            invoker=self.engine,
            functions=self.functions,
            identity=self.door,
            render_error=render,
            trace_headers=TraceHeaders(clock=clock, ids=ids),
            ids=ids,
            chance=lambda: self.chance,
        )

    def post(
        self, target: bytes = HELLO, body: bytes = b"{}", headers: dict[bytes, bytes] | None = None
    ) -> FakeExchange:
        """Send a request."""
        exchange = FakeExchange(target, body, headers)
        self.application.begin(exchange)
        return exchange

    def invoked(
        self, target: bytes = HELLO, body: bytes = b"{}", headers: dict[bytes, bytes] | None = None
    ) -> Invocation:
        """Send a request that is accepted; what the engine got."""
        exchange = self.post(target, body, headers)
        assert exchange.answers == []
        return self.engine.taken[-1]

    def refused(
        self, target: bytes = HELLO, body: bytes = b"{}", headers: dict[bytes, bytes] | None = None
    ) -> tuple[int, str, str]:
        """Send a request that is refused; status, code and message."""
        exchange = self.post(target, body, headers)
        assert self.engine.taken == []
        answer = json.loads(exchange.answer_body)
        return exchange.status, answer["code"], answer["message"]
