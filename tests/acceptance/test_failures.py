"""Each way in which a function fails, to the byte, and that the next invocation works."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.functions import call, create, zipped

MODES = """
import os, signal, sys
def handler(event, context):
    mode = (event or {}).get('mode')
    if mode == 'raise':
        raise ValueError('boom')
    if mode == 'exit':
        os._exit(3)
    if mode == 'sys.exit':
        sys.exit(0)
    if mode == 'signal':
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == 'loop':
        while True: pass
    if mode == 'memory':
        hog = bytearray(1 << 30)
        hog[::4096] = b'x' * len(hog[::4096])
    if mode == 'large':
        return 'x' * 6_291_556
    if mode == 'set':
        return {1, 2}
    return 'well'
"""


@pytest.fixture(scope="session")
def breakable(daemon: Any) -> Any:
    """A client, with the function `breakable` made."""
    lam = daemon.client("lambda")
    create(lam, "breakable", MODES, Timeout=2, MemorySize=256)
    return lam


def outcome(lam: Any, mode: str) -> tuple[dict[str, Any], str]:
    answer = lam.invoke(FunctionName="breakable", Payload=json.dumps({"mode": mode}).encode())
    assert answer["StatusCode"] == 200
    assert answer["FunctionError"] == "Unhandled"
    assert call(lam, "breakable", {}) == ("well", "")
    body: dict[str, Any] = json.loads(answer["Payload"].read())
    return body, answer["ResponseMetadata"]["RequestId"]


def test_an_exception(breakable: Any) -> None:
    body, request_id = outcome(breakable, "raise")
    assert body == {
        "errorMessage": "boom",
        "errorType": "ValueError",
        "requestId": request_id,
        "stackTrace": [
            "  File \"/var/task/app.py\", line 6, in handler\n    raise ValueError('boom')\n"
        ],
    }


def test_a_timeout(breakable: Any) -> None:
    body, request_id = outcome(breakable, "loop")
    assert body == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 2.00 seconds",
    }


def test_an_exit(breakable: Any) -> None:
    body, request_id = outcome(breakable, "exit")
    assert body == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: exit status 3",
    }


def test_an_exit_without_reason(breakable: Any) -> None:
    body, request_id = outcome(breakable, "sys.exit")
    assert body == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited without providing a reason",
    }


def test_a_signal(breakable: Any) -> None:
    body, request_id = outcome(breakable, "signal")
    assert body == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
    }


@pytest.mark.promise("memory")
def test_memory_used_up(lam: Any) -> None:
    create(lam, "hungry", MODES, Timeout=30, MemorySize=256)
    answer = lam.invoke(FunctionName="hungry", Payload=b'{"mode": "memory"}')
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert json.loads(answer["Payload"].read()) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
    }
    assert call(lam, "hungry", {}) == ("well", "")


def test_a_response_too_large(breakable: Any) -> None:
    body, _ = outcome(breakable, "large")
    assert body == {
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }


def test_a_result_that_is_not_json(breakable: Any) -> None:
    body, _ = outcome(breakable, "set")
    assert body["errorType"] == "Runtime.MarshalError"
    assert body["errorMessage"].startswith("Unable to marshal response: ")


@pytest.mark.parametrize(
    ("name", "code", "handler", "expected"),
    [
        (
            "no-module",
            "import nowhere_to_be_found\ndef handler(e, c): pass",
            "app.handler",
            (
                "Runtime.ImportModuleError",
                "Unable to import module 'app': No module named 'nowhere_to_be_found'",
            ),
        ),
        (
            "no-syntax",
            "def handler(e, c) return 1",
            "app.handler",
            ("Runtime.UserCodeSyntaxError", "Syntax error in module 'app'"),
        ),
        (
            "no-handler",
            "x = 1",
            "app.handler",
            ("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ),
        (
            "bad-handler",
            "x = 1",
            "app",
            (
                "Runtime.MalformedHandlerName",
                "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
            ),
        ),
    ],
)
def test_code_that_cannot_be_loaded(
    lam: Any, name: str, code: str, handler: str, expected: tuple[str, str]
) -> None:
    create(lam, name, code, Handler=handler)
    for _ in range(2):
        body, error = call(lam, name)
        assert error == "Unhandled"
        assert body["errorType"] == expected[0]
        assert body["errorMessage"].startswith(expected[1])


def test_an_init_that_exits(lam: Any) -> None:
    create(lam, "init-exit", "import os\nos._exit(7)\ndef handler(e, c): pass")
    body, error = call(lam, "init-exit")
    assert error == "Unhandled"
    assert body["errorType"] == "Runtime.ExitError"
    assert body["errorMessage"].endswith("Error: Runtime exited with error: exit status 7")


def test_an_init_that_takes_too_long_is_tried_once_more_within_the_functions_timeout(
    lam: Any,
) -> None:
    create(lam, "init-slow", "import time\ntime.sleep(60)\ndef handler(e, c): pass", Timeout=1)
    body, error = call(lam, "init-slow")
    assert error == "Unhandled"
    assert body["errorType"] == "Sandbox.Timedout"
    assert body["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")


def test_a_payload_that_is_not_json(lam: Any) -> None:
    create(lam, "strict", "def handler(e, c): return e")
    with pytest.raises(ClientError) as refused:
        lam.invoke(FunctionName="strict", Payload=b"{nonsense")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestContentException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_payload_too_large(lam: Any) -> None:
    create(lam, "small", "def handler(e, c): return len(e)")
    assert call(lam, "small", "x" * 6_291_454) == (6_291_454, "")
    with pytest.raises(ClientError) as refused:
        lam.invoke(FunctionName="small", Payload=b'"' + b"x" * 6_291_455 + b'"')
    assert refused.value.response["Error"] == {
        "Code": "RequestEntityTooLargeException",
        "Message": "Request must be smaller than 6291456 bytes for the InvokeFunction operation",
    }
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413


@pytest.mark.promise("users")
def test_a_file_that_only_its_owner_may_read_is_unreadable_as_on_aws(lam: Any) -> None:
    create(
        lam,
        "private-file",
        "",
        Code={"ZipFile": zipped({"app.py": "def handler(e, c): pass"}, mode=0o600)},
    )
    body, error = call(lam, "private-file")
    assert error == "Unhandled"
    assert "Permission denied" in body["errorMessage"]
