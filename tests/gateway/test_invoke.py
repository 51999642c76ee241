"""Invoke over HTTP: what a client sends, what the engine gets, what the client reads."""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.execution.port import Settle
from lambent.gateway.invoke import InvokeApplication
from lambent.gateway.invoke_target import NAME_PATTERN, QUALIFIER_PATTERN, is_invoke
from lambent.gateway.trace_header import TraceHeaders
from lambent.http.exchange import Headers
from lambent.model.errors import (
    ExpiredToken,
    ServiceError,
    ServiceFailure,
    TooManyRequests,
)
from lambent.model.function import State
from lambent.model.invocation import Invocation, Outcome
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

    def authenticate(
        self, *, method: bytes, target: bytes, headers: Mapping[bytes, bytes], body: bytes
    ) -> Caller:
        """The caller."""
        del method, target, headers, body
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
        self.functions = FakeFunctions(active_function())
        clock, ids = ManualClock(), CountingIds()
        self.application = InvokeApplication(
            invoker=self.engine,
            functions=self.functions,
            identity=self.door,
            render_error=render,
            trace_headers=TraceHeaders(clock=clock, ids=ids),
            ids=ids,
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


@pytest.fixture
def front() -> Front:
    return Front()


OK = Outcome(payload=b'{"ok":true}', executed_version="$LATEST")


def test_an_answer_carries_awss_headers(front: Front) -> None:
    exchange = front.post(body=b'{"n":1}')
    (invocation,) = front.engine.taken
    assert invocation.payload == b'{"n":1}'
    assert invocation.function == active_function()
    front.engine.settles[0](OK)
    assert (exchange.status, exchange.answer_body) == (200, b'{"ok":true}')
    assert exchange.answer_headers == {
        "Content-Type": "application/json",
        "x-amzn-RequestId": invocation.request_id,
        "x-amzn-Remapped-Content-Length": "0",
        "X-Amzn-Trace-Id": invocation.trace_id,
        "X-Amz-Executed-Version": "$LATEST",
    }
    assert invocation.trace_id.startswith("Root=1-69259a40-")
    assert ";Sampled=0;Lineage=1:" in invocation.trace_id


def test_a_function_error_and_the_tail_are_headers(front: Front) -> None:
    exchange = front.post(headers={b"x-amz-log-type": b"Tail"})
    assert front.engine.taken[0].wants_tail
    front.engine.settles[0](replace(OK, function_error="Unhandled", log_tail=b"START\nEND\n"))
    assert exchange.status == 200
    assert exchange.answer_headers["X-Amz-Function-Error"] == "Unhandled"
    assert base64.b64decode(exchange.answer_headers["X-Amz-Log-Result"]) == b"START\nEND\n"


def test_an_error_that_comes_later_is_rendered(front: Front) -> None:
    exchange = front.post()
    front.engine.settles[0](ServiceFailure("no"))
    assert exchange.status == 500


def test_a_throttle_is_rendered_with_its_reason(front: Front) -> None:
    front.engine.refuses = TooManyRequests("ConcurrentInvocationLimitExceeded")
    exchange = front.post()
    assert exchange.status == 429
    assert json.loads(exchange.answer_body)["Reason"] == "ConcurrentInvocationLimitExceeded"


def test_a_bug_is_answered_500_and_logged(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    front.engine.refuses = KeyError("bug")
    assert front.refused()[:2] == (500, "ServiceException")
    assert "an Invoke request failed" in caplog.text


def test_who_is_not_let_in_is_refused(front: Front) -> None:
    front.door.refuses = ExpiredToken("The security token included in the request is expired")
    assert front.refused()[:2] == (403, "ExpiredTokenException")


@pytest.mark.parametrize(
    ("target", "invoked_arn"),
    [
        (b"hello", ARN),
        (b"hello:$LATEST", f"{ARN}:$LATEST"),
        (b"hello%3A%24LATEST", f"{ARN}:$LATEST"),
        (b"function:hello", ARN),
        (b"000000000000:function:hello", ARN),
        (b"us-east-1:000000000000:function:hello", ARN),
        (ARN.encode(), ARN),
        (b"arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Ahello", ARN),
        (ARN.encode() + b":$LATEST", f"{ARN}:$LATEST"),
    ],
)
def test_a_function_is_named_in_many_ways(front: Front, target: bytes, invoked_arn: str) -> None:
    invocation = front.invoked(b"/2015-03-31/functions/" + target + b"/invocations")
    assert invocation.invoked_arn == invoked_arn
    assert invocation.function.key.name == "hello"


def test_a_qualifier_in_the_query_is_kept_in_the_arn(front: Front) -> None:
    assert front.invoked(HELLO + b"?Qualifier=%24LATEST").invoked_arn == f"{ARN}:$LATEST"
    same = front.invoked(b"/2015-03-31/functions/hello:$LATEST/invocations?Qualifier=$LATEST")
    assert same.invoked_arn == f"{ARN}:$LATEST"


def test_two_qualifiers_that_differ_are_refused(front: Front) -> None:
    assert front.refused(b"/2015-03-31/functions/hello:1/invocations?Qualifier=2") == (
        400,
        "InvalidParameterValueException",
        "The derived qualifier from the function name does not match the specified qualifier.",
    )


@pytest.mark.parametrize(
    ("name", "query", "arn"),
    [
        (b"nothing", b"", ARN.replace("hello", "nothing") + ":$LATEST"),
        (b"hello:live", b"", f"{ARN}:live"),
        (b"hello", b"?Qualifier=7", f"{ARN}:7"),
        (b"hello", b"?Qualifier=$latest", f"{ARN}:$latest"),
        (b"x" * 65, b"", ARN.replace("hello", "x" * 65) + ":$LATEST"),
        (ARN.encode().replace(b":hello", b""), b"", ARN.replace("hello", "function") + ":$LATEST"),
    ],
)
def test_what_does_not_exist_is_not_found(
    front: Front, name: bytes, query: bytes, arn: str
) -> None:
    target = b"/2015-03-31/functions/" + name + b"/invocations" + query
    expected = (404, "ResourceNotFoundException", f"Function not found: {arn}")
    assert front.refused(target) == expected


def test_a_function_of_another_region_is_not_reachable(front: Front) -> None:
    name = ARN.replace("us-east-1", "eu-west-1").encode()
    assert front.refused(b"/2015-03-31/functions/" + name + b"/invocations") == (
        404,
        "ResourceNotFoundException",
        "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')",
    )


def test_a_function_of_another_account_is_denied(front: Front) -> None:
    name = ARN.replace("000000000000", "111122223333").encode()
    status, code, message = front.refused(b"/2015-03-31/functions/" + name + b"/invocations")
    assert (status, code) == (403, "AccessDeniedException")
    assert message == (
        "User: arn:aws:iam::000000000000:root is not authorized to perform: lambda:InvokeFunction on resource: "
        f"{name.decode()} because no resource-based policy allows the lambda:InvokeFunction action"
    )


@pytest.mark.parametrize(
    "name",
    [
        "hello:1:2",
        "hel lo",
        "a/b",
        "hello:$LATES",
        "arn:aws:lambda:function:hello",
        "arn:aws:s3:::x",
        "é",
        "",
    ],
)
def test_a_name_that_is_none_breaks_the_pattern(front: Front, name: str) -> None:
    if not name:
        assert front.refused(b"/2015-03-31/functions//invocations")[0] == 404
        return
    encoded = b"".join(b"%%%02X" % byte for byte in name.encode())
    assert front.refused(b"/2015-03-31/functions/" + encoded + b"/invocations") == (
        400,
        "ValidationException",
        (
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            f"Member must satisfy regular expression pattern: {NAME_PATTERN}"
        ),
    )


def test_several_breaches_are_counted_and_joined_the_qualifier_first(front: Front) -> None:
    target = b"/2015-03-31/functions/a b/invocations?Qualifier=x%20y"
    assert front.refused(target, headers={b"x-amz-invocation-type": b"Sync"})[2] == (
        "3 validation errors detected: "
        "Value 'x y' at 'qualifier' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {QUALIFIER_PATTERN}; "
        "Value 'Sync' at 'invocationType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [Event, RequestResponse, DryRun]; "
        "Value 'a b' at 'functionName' failed to satisfy constraint: "
        f"Member must satisfy regular expression pattern: {NAME_PATTERN}"
    )


def test_names_and_qualifiers_have_their_lengths(front: Front) -> None:
    long = b"/2015-03-31/functions/" + b"x" * 257 + b"/invocations?Qualifier=" + b"q" * 129
    message = front.refused(long)[2]
    assert (
        "at 'qualifier' failed to satisfy constraint: Member must have length less than or equal to 128"
        in message
    )
    assert (
        "at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 256"
        in message
    )


def test_an_unknown_log_type_is_refused_also_for_a_target_that_is_known(front: Front) -> None:
    front.invoked()
    front.engine.taken.clear()
    assert front.refused(headers={b"x-amz-log-type": b"tail"})[2].endswith(
        "Value 'tail' at 'logType' failed to satisfy constraint: Member must satisfy enum value set: [None, Tail]"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            b"hello",
            "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')|6",
        ),
        (
            b"{a:1}",
            "Unexpected character ('a' (code 97)): was expecting double-quote to start field name|3",
        ),
        (
            b'{"a" 1}',
            "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value|7",
        ),
        (
            b'{"a":1 "b":2}',
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries|9",
        ),
        (
            b"[1 2]",
            "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries|5",
        ),
        (b'{"a":', "Unexpected end-of-input|6"),
        (
            b'{"a":tru}',
            "Unrecognized token 'tru': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')|9",
        ),
        (b'"\xff"', "Invalid UTF-8 start byte 0xff|3"),
    ],
)
def test_a_payload_that_is_not_json_is_refused_in_the_parsers_words(
    front: Front, body: bytes, said: str
) -> None:
    said, _, column = said.rpartition("|")
    assert front.refused(body=body) == (
        400,
        "InvalidRequestContentException",
        (
            f"Could not parse request body into json: Could not parse payload into json: {said}\n"
            " at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); "
            f"line: 1, column: {column}]"
        ),
    )


def test_nesting_without_end_is_refused(front: Front) -> None:
    assert "nesting depth" in front.refused(body=b"[" * 100_000 + b"]" * 100_000)[2]


def test_any_json_value_is_an_event_and_none_is_an_empty_object(front: Front) -> None:
    for body in (b"1", b"null", b'"x"', '"é"'.encode(), b"[]", b' {"a": 1} \n', b'"\\ud800"'):
        assert front.invoked(body=body).payload == body
    assert front.invoked(body=b"").payload == b"{}"


@given(
    body=st.binary(max_size=60) | st.text(alphabet='{}[]",:0tru\\\n', max_size=60).map(str.encode)
)
def test_whatever_the_body_it_is_json_or_refused(body: bytes) -> None:
    front = Front()
    exchange = front.post(body=body)
    if exchange.answers:
        assert json.loads(exchange.answer_body)["code"] == "InvalidRequestContentException"
    else:
        json.loads(front.engine.taken[0].payload)


@given(name=st.binary(max_size=80), query=st.binary(max_size=40))
def test_whatever_the_target_it_is_refused_as_the_model_says(name: bytes, query: bytes) -> None:
    front = Front()
    exchange = front.post(b"/2015-03-31/functions/" + name + b"/invocations?" + query)
    if exchange.answers:
        assert exchange.status in {400, 403, 404}


def test_a_payload_over_the_limit_is_too_large(front: Front) -> None:
    assert front.refused(body=b'"' + b"x" * 6_291_455 + b'"') == (
        413,
        "RequestEntityTooLargeException",
        "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    )


def test_a_dry_run_runs_nothing(front: Front) -> None:
    exchange = front.post(headers={b"x-amz-invocation-type": b"DryRun"})
    assert (exchange.status, exchange.answer_body, front.engine.taken) == (204, b"", [])
    missing = front.post(
        b"/2015-03-31/functions/nothing/invocations", headers={b"x-amz-invocation-type": b"DryRun"}
    )
    assert missing.status == 404


def test_what_is_not_built_says_so(front: Front) -> None:
    status, code, message = front.refused(headers={b"x-amz-invocation-type": b"Event"})
    assert (status, code) == (501, "NotImplementedException")
    assert "InvocationType Event" in message
    assert front.refused(headers={b"x-amz-durable-execution-name": b"x"})[0] == 501
    assert front.refused(headers={b"x-amz-tenant-id": b"x"})[:2] == (
        400,
        "InvalidParameterValueException",
    )


def test_a_client_context_is_decoded(front: Front) -> None:
    header = base64.b64encode(b'{"custom":{"a":1}}')
    invocation = front.invoked(headers={b"x-amz-client-context": header})
    assert invocation.client_context == '{"custom":{"a":1}}'


@pytest.mark.parametrize(
    "header", [b"{}", b"e30", base64.b64encode(b"[]"), base64.b64encode(b"\xff")]
)
def test_a_client_context_that_is_none_is_refused(front: Front, header: bytes) -> None:
    assert front.refused(headers={b"x-amz-client-context": header}) == (
        400,
        "InvalidRequestContentException",
        "Client context must be a valid Base64-encoded JSON object.",
    )


def test_a_client_context_has_its_length(front: Front) -> None:
    assert front.refused(headers={b"x-amz-client-context": b"A" * 3584})[1] == (
        "InvalidRequestContentException"
    )


@pytest.mark.parametrize(
    ("state", "code", "expected"),
    [
        (State.PENDING, "Creating", (409, "ResourceConflictException")),
        (State.FAILED, "InternalError", (409, "ResourceConflictException")),
        (State.FAILED, "InvalidRuntime", (502, "InvalidRuntimeException")),
    ],
)
def test_a_function_that_is_not_active_is_refused(
    front: Front, state: State, code: str, expected: tuple[int, str]
) -> None:
    front.functions.put(
        replace(active_function(), state=state, state_reason="why", state_reason_code=code)
    )
    assert front.refused()[:2] == expected


def test_a_trace_that_came_along_is_propagated(front: Front) -> None:
    root = "Root=1-67891233-abcdef012345678912345678"
    whole = f"{root};Parent=53995c3f42cd8ad8;Sampled=1;Lineage=1:a87bd80c:2"
    assert front.invoked(headers={b"x-amzn-trace-id": whole.encode()}).trace_id == whole
    partial = front.invoked(headers={b"x-amzn-trace-id": root.encode()}).trace_id
    assert partial.startswith(f"{root};Parent=")
    assert partial.endswith(";Sampled=0")
    for odd in (b"x", b"Root=1-2", b"Root=" + b"1" * 5000, f"{root}\r\nX: y".encode()):
        assert front.invoked(headers={b"x-amzn-trace-id": odd}).trace_id.startswith(
            "Root=1-69259a40-"
        )


def test_targets_are_remembered_but_not_without_end(front: Front) -> None:
    for number in range(5_000):
        front.post(HELLO + b"?Qualifier=" + str(number).encode())
    assert len(front.application._targets) <= 4_096


def test_only_invoke_is_invoke() -> None:
    assert is_invoke(b"POST", HELLO)
    for method, path in (
        (b"GET", HELLO),
        (b"POST", b"/2015-03-31/functions//invocations"),
        (b"POST", b"/2015-03-31/functions/a/b/invocations"),
        (b"POST", b"/2015-03-31/functions/invocations"),
        (b"POST", b"/2015-03-31/functions"),
    ):
        assert not is_invoke(method, path)


def test_the_patterns_are_the_models() -> None:
    model = botocore.session.get_session().get_service_model("lambda").operation_model("Invoke")
    members = model.input_shape.members
    assert members["FunctionName"].metadata["pattern"] == NAME_PATTERN
    assert members["FunctionName"].metadata["max"] == 256
    assert members["Qualifier"].metadata["pattern"] == QUALIFIER_PATTERN
    assert members["Qualifier"].metadata["max"] == 128
    assert members["InvocationType"].enum == ["Event", "RequestResponse", "DryRun"]
    assert members["LogType"].enum == ["None", "Tail"]
