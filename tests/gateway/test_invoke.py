"""Invoke over HTTP: what a client sends, what the engine gets, what the client reads."""

import base64
import hashlib
import json
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.model.errors import (
    ExpiredToken,
    ServiceFailure,
    TooManyRequests,
)
from lambent.model.function import State
from lambent.model.invocation import Outcome
from tests.fakes.environments import active_function
from tests.gateway.invoke_front import Front


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


def test_a_large_event_is_hashed_while_it_comes_and_the_signature_is_checked_with_that(
    front: Front,
) -> None:
    small, large = b'"x"', b'"%b"' % (b"x" * 100_000)
    front.post(body=small)
    front.post(body=large)
    assert front.door.hashes == [(small, ""), (large, hashlib.sha256(large).hexdigest())]


def test_a_function_error_and_the_tail_are_headers(front: Front) -> None:
    exchange = front.post(headers={b"x-amz-log-type": b"Tail"})
    assert front.engine.taken[0].wants_tail
    front.engine.settles[0](
        msgspec.structs.replace(OK, function_error="Unhandled", log_tail=b"START\nEND\n")
    )
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
    ("body", "said"),
    [
        (
            b"hello",
            "Unrecognized token 'hello': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')|6",
        ),
        (
            b"{a:1}",
            "Unexpected character ('a' (code 97)): was expecting double-quote to start field name|2",
        ),
        (
            b'{"a" 1}',
            "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value|6",
        ),
        (
            b'{"a":1 "b":2}',
            "Unexpected character ('\"' (code 34)): was expecting comma to separate Object entries|8",
        ),
        (
            b"[1 2]",
            "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries|4",
        ),
        (b'{"a":', "Unexpected end-of-input|6"),
        (
            b'{"a":tru}',
            "Unrecognized token 'tru': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')|9",
        ),
        (b'"\xff"', "Invalid UTF-8 start byte 0xff|3"),
        (b'"\xe2\x28"', "Invalid UTF-8 middle byte 0x28|4"),  # Jackson's source
        (b'"\xe2', "Unexpected end-of-input|3"),
        (b'"\\ud800\xff"', "Invalid UTF-8 start byte 0xff|9"),
        (b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt", "Invalid UTF-8 start byte 0x87|3"),  # recorded
        (
            b"\x99\xeb,j\x07\xa1zYh",  # recorded: where a value is expected bytes are not put together
            (
                "Unexpected character ((CTRL-CHAR, code 153)): expected a valid value "
                "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')|1"
            ),
        ),
        (
            b"[\xd7]",  # as recorded of another byte
            (
                "Unexpected character ('\N{MULTIPLICATION SIGN}' (code 215)): expected a valid value "
                "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')|2"
            ),
        ),
        ("[é]".encode(), "Invalid UTF-8 start byte 0xa9|4"),  # Jackson's source: 0xc3 began a token
        (b'["\xff", x]', "Invalid UTF-8 start byte 0xff|4"),
        (
            b'"\x01"',  # Jackson's source
            (
                "Illegal unquoted character ((CTRL-CHAR, code 1)): has to be escaped using backslash "
                "to be included in string value|2"
            ),
        ),
        (
            b'{"a"\xff',  # as recorded of another byte
            (
                "Unexpected character ('\N{LATIN SMALL LETTER Y WITH DIAERESIS}' (code 255)): "
                "was expecting a colon to separate field name and value|5"
            ),
        ),
        (
            b"[\x01]",  # Jackson's source
            "Illegal character ((CTRL-CHAR, code 1)): only regular white space (\\r, \\n, \\t) is allowed between tokens|2",
        ),
        (b"01", "Invalid numeric value: Leading zeroes not allowed|2"),
        (b"[1, -007]", "Invalid numeric value: Leading zeroes not allowed|7"),
        (
            b"{}x",
            "Unrecognized token 'x': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')|4",
        ),
        (
            b"nulll",
            "Unrecognized token 'nulll': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')|6",
        ),
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
