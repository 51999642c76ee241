"""The HTTP Runtime API as a runtime and the engine see it."""

import json

import pytest

from lambent.http.exchange import Application
from lambent.model.limits import MAX_RESPONSE_BYTES
from lambent.runtime_api.http_api import HttpRuntimeApi
from lambent.runtime_api.port import InvokeOrder, RuntimeChannel, StartOrder
from lambent.runtime_api.states import NEXT_STATE, WANTED, Signal, State
from lambent.runtime_api.taken import TakenRuntimeApi
from tests.runtime_api.fake_exchange import FakeExchange
from tests.runtime_api.recording_listener import RecordingListener

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
PATHS = {
    Signal.NEXT: (b"GET", b"/runtime/invocation/next"),
    Signal.RESPONSE: (b"POST", b"/runtime/invocation/one/response"),
    Signal.ERROR: (b"POST", b"/runtime/invocation/one/error"),
    Signal.INIT_ERROR: (b"POST", b"/runtime/init/error"),
}
PEAK = 3_145_728


def order(request_id: str = "one", *, context: str = "", trace: str = "Root=1") -> InvokeOrder:
    return InvokeOrder(
        request_id=request_id,
        deadline_epoch_ms=1_764_000_000_000,
        invoked_arn=ARN,
        trace_id=trace,
        client_context=context,
        payload=b'{"k":1}',
    )


class Runtime:
    """A runtime that speaks HTTP, and the engine that listens."""

    def __init__(self) -> None:
        self.listener = RecordingListener()
        self.api = HttpRuntimeApi(listener=self.listener, memory=lambda: PEAK)

    def asks(
        self, method: bytes, path: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> FakeExchange:
        exchange = FakeExchange(method, path, headers)
        self.api.begin(exchange)
        return exchange

    def next(self) -> FakeExchange:
        return self.asks(*PATHS[Signal.NEXT])

    def posts(
        self, signal: Signal, body: bytes, headers: tuple[tuple[bytes, bytes], ...] = ()
    ) -> FakeExchange:
        exchange = self.asks(*PATHS[signal], headers)
        exchange.sends(body)
        return exchange

    def reaches(self, state: State) -> None:
        if state is State.STARTED:
            return
        if state is State.INIT_ERROR:
            self.posts(Signal.INIT_ERROR, b"{}")
            return
        self.next()
        if state is State.READY:
            return
        self.api.invoke(order())
        if state is State.INVOCATION_RESPONSE:
            self.asks(*PATHS[Signal.RESPONSE])
        elif state is State.INVOCATION_ERROR_RESPONSE:
            self.asks(*PATHS[Signal.ERROR])
        elif state is State.RESPONSE_SENT:
            self.posts(Signal.RESPONSE, b"1")
        assert self.api.state is state


@pytest.fixture
def runtime() -> Runtime:
    return Runtime()


def test_an_invocation_from_next_to_its_answer(runtime: Runtime) -> None:
    polling = runtime.next()
    assert polling.status == 0
    assert runtime.listener.told == [("init finished", {"peak": PEAK})]
    runtime.api.invoke(order(context='{"custom":{}}'))
    assert polling.answers == [
        (
            200,
            {
                b"Lambda-Runtime-Aws-Request-Id": b"one",
                b"Lambda-Runtime-Deadline-Ms": b"1764000000000",
                b"Lambda-Runtime-Invoked-Function-Arn": ARN.encode(),
                b"Lambda-Runtime-Trace-Id": b"Root=1",
                b"Lambda-Runtime-Client-Context": b'{"custom":{}}',
                b"Content-Type": b"application/json",
            },
            b'{"k":1}',
        )
    ]
    answering = runtime.asks(*PATHS[Signal.RESPONSE])
    answering.sends(b"[1", b",2]")
    assert (answering.status, answering.body) == (202, b'{"status":"OK"}')
    assert runtime.listener.told[1:] == [
        ("responded", {"id": "one", "body": b"[1,2]", "peak": PEAK})
    ]


def test_an_event_waits_for_the_runtime_s_next(runtime: Runtime) -> None:
    runtime.reaches(State.RESPONSE_SENT)
    runtime.api.invoke(order("two"))
    assert runtime.next().answers[0][1][b"Lambda-Runtime-Aws-Request-Id"] == b"two"
    assert runtime.asks(*PATHS[Signal.RESPONSE]).status == 400  # it is about "one"


def test_an_empty_client_context_and_trace_are_not_sent(runtime: Runtime) -> None:
    polling = runtime.next()
    runtime.api.invoke(order(trace=""))
    headers = polling.answers[0][1]
    assert b"Lambda-Runtime-Client-Context" not in headers
    assert b"Lambda-Runtime-Trace-Id" not in headers


def test_a_caller_cannot_put_headers_into_the_answer(runtime: Runtime) -> None:
    polling = runtime.next()
    runtime.api.invoke(order(context='{\r\n"a":"\u00e9"}', trace="Root=1\r\nX: y"))
    headers = polling.answers[0][1]
    assert headers[b"Lambda-Runtime-Client-Context"] == '{  "a":"\u00e9"}'.encode()
    assert headers[b"Lambda-Runtime-Trace-Id"] == b"Root=1  X: y"


def test_a_poll_whose_client_has_gone_gets_no_event(runtime: Runtime) -> None:
    gone, here = runtime.next(), runtime.next()
    gone.gone = True
    runtime.api.invoke(order())
    assert gone.answers == []
    assert here.status == 200


def test_next_while_running_hands_the_same_event_out_again(runtime: Runtime) -> None:
    runtime.reaches(State.RUNNING)
    again = runtime.next()
    assert again.body == b'{"k":1}'
    assert runtime.api.state is State.RUNNING


def test_an_error_is_told_with_the_runtime_s_type(runtime: Runtime) -> None:
    runtime.reaches(State.RUNNING)
    headers = ((b"Lambda-Runtime-Function-Error-Type", b"Runtime.NoSuchHandler"),)
    assert runtime.posts(Signal.ERROR, b'{"errorType":"E"}', headers).status == 202
    assert runtime.listener.told[-1] == (
        "failed",
        {"id": "one", "type": "Runtime.NoSuchHandler", "body": b'{"errorType":"E"}', "peak": PEAK},
    )


@pytest.mark.parametrize(
    ("named", "told"),
    [
        (b"", "Runtime.Unknown"),
        (b"ValueError", "Runtime.Unknown"),
        (b"Runtime.x", "Runtime.Unknown"),
        (b"Function.1", "Function.Unknown"),
        (b"Function.Mine", "Function.Mine"),
    ],
)
def test_a_type_that_aws_does_not_take_is_replaced(
    runtime: Runtime, named: bytes, told: str
) -> None:
    runtime.posts(Signal.INIT_ERROR, b"{}", ((b"Lambda-Runtime-Function-Error-Type", named),))
    assert runtime.listener.told == [("init failed", {"type": told, "body": b"{}"})]


@pytest.mark.parametrize(
    ("posted", "told"),
    [
        (
            b'{"errorMessage":"m","errorType":"T","stackTrace":["a"],"errorCause":{"x":1}}',
            b'{"errorMessage":"m","errorType":"T","stackTrace":["a"]}',
        ),
        (b'{"errorCause":{}}', b'{"errorMessage":"","errorType":""}'),
        (b"nonsense", b'"Invalid error body"'),
        (b'{"errorMessage":1}', b'"Invalid error body"'),
    ],
)
def test_an_error_with_its_cause_is_told_without(
    runtime: Runtime, posted: bytes, told: bytes
) -> None:
    runtime.reaches(State.RUNNING)
    content_type = (b"Content-Type", b"application/vnd.aws.lambda.error.cause+json")
    runtime.posts(Signal.ERROR, posted, (content_type,))
    assert runtime.listener.told[-1][1]["body"] == told


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("signal", list(WANTED))
def test_what_the_table_does_not_list_is_refused_as_aws_refuses_it(
    runtime: Runtime, state: State, signal: Signal
) -> None:
    runtime.reaches(state)
    told = list(runtime.listener.told)
    exchange = runtime.asks(*PATHS[signal])
    if (state, signal) in NEXT_STATE:
        assert exchange.status in (0, 200)
    elif signal in (Signal.RESPONSE, Signal.ERROR) and state in (
        State.STARTED,
        State.INIT_ERROR,
        State.READY,
    ):
        assert exchange.status == 400  # before its first event no id is right
        assert json.loads(exchange.body)["errorType"] == "InvalidRequestID"
    else:
        assert exchange.status == 403
        assert json.loads(exchange.body) == {
            "errorType": "InvalidStateTransition",
            "errorMessage": f"State transition from {state} to {WANTED[signal]} failed for runtime. "
            "Error: State transition is not allowed",
        }
        assert runtime.api.state is state
        assert runtime.listener.told == told


@pytest.mark.parametrize("what", [b"response", b"error"])
def test_another_invocation_s_id_is_refused(runtime: Runtime, what: bytes) -> None:
    runtime.reaches(State.RUNNING)
    exchange = runtime.asks(b"POST", b"/runtime/invocation/two/" + what)
    assert exchange.status == 400
    assert json.loads(exchange.body) == {
        "errorMessage": "Invalid request ID",
        "errorType": "InvalidRequestID",
    }
    assert runtime.api.state is State.RUNNING


def test_a_response_at_the_limit_passes(runtime: Runtime) -> None:
    runtime.reaches(State.RUNNING)
    exchange = runtime.asks(*PATHS[Signal.RESPONSE])
    exchange.sends(b"1" * MAX_RESPONSE_BYTES)
    assert exchange.status == 202
    assert len(runtime.listener.told[-1][1]["body"]) == MAX_RESPONSE_BYTES


def test_a_response_over_the_limit_fails_the_invocation(runtime: Runtime) -> None:
    runtime.reaches(State.RUNNING)
    exchange = runtime.asks(*PATHS[Signal.RESPONSE])
    exchange.sends(b"1" * MAX_RESPONSE_BYTES, b"1", b"1")
    assert exchange.status == 413
    assert json.loads(exchange.body) == {
        "errorType": "RequestEntityTooLarge",
        "errorMessage": "Exceeded maximum allowed payload size (6291556 bytes).",
    }
    what, facts = runtime.listener.told[-1]
    assert (what, facts["type"]) == ("failed", "Function.ResponseSizeTooLarge")
    assert facts["body"] == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
        b'"errorType":"Function.ResponseSizeTooLarge"}'
    )
    assert runtime.api.state is State.RESPONSE_SENT


def test_a_response_cut_short_fails_the_invocation(runtime: Runtime) -> None:
    runtime.reaches(State.RUNNING)
    runtime.asks(*PATHS[Signal.RESPONSE]).sends(b"[1,", whole=False)
    what, facts = runtime.listener.told[-1]
    assert (what, facts["type"]) == ("failed", "Runtime.TruncatedResponse")


@pytest.mark.parametrize(("mode", "status"), [(b"streaming", 0), (b"sideways", 400)])
def test_a_response_mode_is_streaming_or_refused(
    runtime: Runtime, mode: bytes, status: int
) -> None:
    runtime.reaches(State.RUNNING)
    headers = ((b"Lambda-Runtime-Function-Response-Mode", mode),)
    exchange = runtime.asks(*PATHS[Signal.RESPONSE], headers)
    assert exchange.status == status
    if status:
        assert json.loads(exchange.body)["errorType"] == "InvalidFunctionResponseMode"
        assert runtime.listener.told[-1][1]["type"] == "Runtime.InvalidResponseModeHeader"


def test_a_ping_is_answered_in_every_state(runtime: Runtime) -> None:
    exchange = runtime.asks(b"GET", b"/ping")
    assert (exchange.status, exchange.body) == (200, b"pong")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        (b"GET", b"/nothing", 404),
        (b"GET", b"/runtime/invocation/next/", 404),
        (b"GET", b"/runtime/invocation//next", 404),
        (b"GET", b"/extension/event/next", 404),
        (b"POST", b"/runtime/invocation/next", 405),
        (b"GET", b"/runtime/invocation/one/response", 405),
        (b"POST", b"/runtime/invocation//response", 400),
    ],
)
def test_other_paths_and_methods_are_refused(
    runtime: Runtime, method: bytes, path: bytes, status: int
) -> None:
    runtime.reaches(State.RUNNING)
    assert runtime.asks(method, path).status == status


def test_a_path_without_the_version_is_not_found(runtime: Runtime) -> None:
    exchange = FakeExchange(b"GET", b"/ping", base=b"")
    runtime.api.begin(exchange)
    assert (exchange.status, exchange.body) == (404, b"404 page not found\n")


@pytest.mark.parametrize("state", [State.STARTED, State.INIT_ERROR, State.RUNNING])
def test_an_order_out_of_turn_is_our_own_fault(runtime: Runtime, state: State) -> None:
    runtime.reaches(state)
    with pytest.raises(RuntimeError, match=f"INVOKE while the runtime is {state}"):
        runtime.api.invoke(order("two"))


def test_nothing_is_told_after_close_and_polls_are_dropped(runtime: Runtime) -> None:
    polling = runtime.next()
    runtime.api.close()
    runtime.api.close()
    assert polling.aborted
    assert runtime.next().status == 404
    with pytest.raises(RuntimeError):
        runtime.api.invoke(order())


def test_a_response_under_way_at_close_is_not_told(runtime: Runtime) -> None:
    runtime.reaches(State.RUNNING)
    told = list(runtime.listener.told)
    exchange = runtime.asks(*PATHS[Signal.RESPONSE])
    runtime.api.close()
    exchange.sends(b"1")
    assert runtime.listener.told == told


def test_it_is_a_channel_and_an_application(runtime: Runtime) -> None:
    channel: RuntimeChannel = runtime.api
    application: Application = runtime.api
    channel.start(StartOrder(handler="h", environ={}))
    application.begin(FakeExchange(*PATHS[Signal.NEXT]))
    assert runtime.listener.told == [("init finished", {"peak": PEAK})]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        (b"GET", b"/ping", 200),
        (b"GET", b"/runtime/invocation/next", 403),
        (b"POST", b"/runtime/invocation/one/response", 403),
        (b"POST", b"/runtime/invocation/one/error", 403),
        (b"POST", b"/runtime/init/error", 403),
        (b"POST", b"/ping", 405),
        (b"GET", b"/other", 404),
    ],
)
def test_beside_a_framed_channel_only_a_ping_is_answered(
    method: bytes, path: bytes, status: int
) -> None:
    exchange = FakeExchange(method, path)
    TakenRuntimeApi().begin(exchange)
    assert exchange.status == status
    if status == 403:
        error = json.loads(exchange.body)
        assert error["errorType"] == "InvalidStateTransition"
        assert error["errorMessage"].startswith("State transition from Running to ")
