"""The HTTP Runtime API (2018-06-01) for runtimes that speak it: custom runtimes, AWS's own runtime clients."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from lambent.http.exchange import Application, Exchange, Headers
from lambent.runtime_api import answers
from lambent.runtime_api.errors import posted_fault
from lambent.runtime_api.port import InvokeOrder, RuntimeFault, RuntimeListener, StartOrder
from lambent.runtime_api.posted import Posted
from lambent.runtime_api.routes import Operation, route
from lambent.runtime_api.states import NEXT_STATE, Signal, State, refusal

_MODE: Final = b"lambda-runtime-function-response-mode"
_NO_CONTROLS: Final = dict.fromkeys([*range(32), 127], " ")


class MemoryGauge(Protocol):
    """Says how much memory a runtime has used at most."""

    def __call__(self) -> int:
        """Bytes; 0 where it is not known."""
        ...


class HttpRuntimeApi:
    """One runtime's Runtime API: an Application for its listener on 127.0.0.1:9001, a RuntimeChannel for the engine.

    Such a runtime was started with its function's environment, so it never waits for a StartOrder: `runtime_waiting`
    is not told, `start` changes nothing, and the runtime's first `next` is its `init_finished`. After an answer
    `invoke` may be called at once; the event waits for the runtime's `next`. `broken` is not told: that the process
    ended, its sandbox says. A response over the limit, cut short or of an unknown mode is told as `failed`.
    """

    def __init__(self, *, listener: RuntimeListener, memory: MemoryGauge) -> None:
        self._listener, self._memory = listener, memory
        self._state = State.STARTED
        self._closed = False
        self._parked: deque[Exchange] = deque()
        self._order: InvokeOrder | None = None
        self._current_id = ""
        self._serve: Mapping[Operation, Callable[[Exchange], None]] = {
            Operation.PING: answers.pong,
            Operation.NEXT: self._next,
            Operation.RESPONSE: self._response,
            Operation.ERROR: self._error,
            Operation.INIT_ERROR: self._init_error,
        }

    @property
    def state(self) -> State:
        """The runtime's state."""
        return self._state

    # The engine's side

    @property
    def runtime_api(self) -> Application:
        """What answers on 127.0.0.1:9001 inside: this very object."""
        return self

    def start(self, order: StartOrder) -> None:
        """Nothing to hand over: the runtime has had its environment since it was started."""

    def invoke(self, order: InvokeOrder) -> None:
        """Hand over an event, now or at the runtime's `next`. Raises RuntimeError unless it is the only one."""
        if self._closed or self._order is not None:
            raise RuntimeError(f"INVOKE while the runtime is {self._state}")
        if self._state in (State.STARTED, State.INIT_ERROR):
            raise RuntimeError(f"INVOKE while the runtime is {self._state}")
        self._order = order
        self._deliver()

    def close(self) -> None:
        """Drop the runtime's open requests; nothing is told any more. May be called again."""
        self._closed = True
        while self._parked:
            self._parked.popleft().abort()

    # The runtime's side

    def begin(self, exchange: Exchange) -> None:
        """Serve one request of the runtime."""
        found = route(exchange.head)
        if found is None or self._closed:
            answers.not_found(exchange)
        elif not found.allowed:
            answers.wrong_method(exchange)
        elif found.request_id is not None and found.request_id != (self._current_id or None):
            answers.refuse_request_id(exchange)
        else:
            self._serve[found.operation](exchange)

    def _moved(self, signal: Signal, exchange: Exchange) -> bool:
        """Go on by `signal`, or refuse it as AWS does."""
        state = NEXT_STATE.get((self._state, signal))
        if state is None:
            answers.refuse_transition(exchange, refusal(self._state, signal))
            return False
        self._state = state
        return True

    def _next(self, exchange: Exchange) -> None:
        before = self._state
        if not self._moved(Signal.NEXT, exchange):
            return
        if before is State.RUNNING and self._order is not None:
            _hand_out(self._order, exchange)
            return
        self._parked.append(exchange)
        if before is State.STARTED:
            self._listener.init_finished(peak_memory_bytes=self._memory())
        self._deliver()

    def _deliver(self) -> None:
        order = self._order
        while order is not None and self._state is State.READY and self._parked:
            exchange = self._parked.popleft()
            if not exchange.gone:
                self._state = NEXT_STATE[(State.READY, Signal.DELIVERED)]
                self._current_id = order.request_id
                _hand_out(order, exchange)

    def _response(self, exchange: Exchange) -> None:
        if not self._moved(Signal.RESPONSE, exchange):
            return
        if exchange.head.headers.get(_MODE, b"streaming") != b"streaming":
            body = b'{"errorType":"Runtime.InvalidResponseModeHeader"}'
            fault = RuntimeFault(error_type="Runtime.InvalidResponseModeHeader", body=body)
            self._answered(
                lambda i: self._listener.failed(i, fault, peak_memory_bytes=self._memory())
            )
            answers.refuse_response_mode(exchange)
            return

        def whole(body: bytes) -> None:
            self._answered(
                lambda i: self._listener.responded(i, body, peak_memory_bytes=self._memory())
            )
            answers.accept(exchange)

        self._read(exchange, whole)

    def _error(self, exchange: Exchange) -> None:
        if not self._moved(Signal.ERROR, exchange):
            return

        def whole(body: bytes) -> None:
            fault = posted_fault(exchange.head.headers, body)
            self._answered(
                lambda i: self._listener.failed(i, fault, peak_memory_bytes=self._memory())
            )
            answers.accept(exchange)

        self._read(exchange, whole)

    def _read(self, exchange: Exchange, whole: Callable[[bytes], None]) -> None:
        def too_large() -> None:
            self._answered(
                lambda i: self._listener.failed(
                    i, answers.TOO_LARGE, peak_memory_bytes=self._memory()
                )
            )
            answers.refuse_size(exchange)

        def truncated() -> None:
            body = b'{"errorType":"Runtime.TruncatedResponse"}'
            fault = RuntimeFault(error_type="Runtime.TruncatedResponse", body=body)
            self._answered(
                lambda i: self._listener.failed(i, fault, peak_memory_bytes=self._memory())
            )

        exchange.stream(Posted(whole=whole, too_large=too_large, truncated=truncated))

    def _answered(self, tell: Callable[[str], None]) -> None:
        """The invocation under way has its answer."""
        self._state = NEXT_STATE[(self._state, Signal.SENT)]
        self._order = None
        if not self._closed:
            tell(self._current_id)

    def _init_error(self, exchange: Exchange) -> None:
        if not self._moved(Signal.INIT_ERROR, exchange):
            return

        def whole(body: bytes) -> None:
            answers.accept(exchange)
            if not self._closed:
                self._listener.init_failed(posted_fault(exchange.head.headers, body))

        def cut() -> None:
            whole(b"")

        def too_large() -> None:
            answers.refuse_size(exchange)
            if not self._closed:
                self._listener.init_failed(answers.TOO_LARGE)

        exchange.stream(Posted(whole=whole, too_large=too_large, truncated=cut))


def _hand_out(order: InvokeOrder, exchange: Exchange) -> None:
    named = (
        (b"Lambda-Runtime-Aws-Request-Id", order.request_id),
        (b"Lambda-Runtime-Deadline-Ms", str(order.deadline_epoch_ms)),
        (b"Lambda-Runtime-Invoked-Function-Arn", order.invoked_arn),
        (b"Lambda-Runtime-Trace-Id", order.trace_id),
        (b"Lambda-Runtime-Client-Context", order.client_context),
    )
    headers: Headers = [
        *((name, _one_line(value)) for name, value in named if value),
        (b"Content-Type", b"application/json"),
    ]
    exchange.respond(200, headers, order.payload)


def _one_line(value: str) -> bytes:
    # Danger: the caller wrote the client context and the trace header. In JSON a line break can only be white space.
    return value.translate(_NO_CONTROLS).encode("utf-8", "replace")
