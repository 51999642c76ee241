"""What a function may expect of every Python, as on AWS: in real sandboxes, through the API."""

import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.acceptance.runtimes.python_function import HANDLER
from tests.acceptance.runtimes.suite import ALIKE, NAMES_ONLY, OURS, Suite, tail_lines


def unescaped(python: Suite) -> bool:
    """Whether this Python's runtime leaves text as it is: from 3.12 on."""
    return int(python.runtime.rpartition(".")[2]) >= 12


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -1.5, 10**30, 1e300, "", "a\tb", [], {}),
        {"a": [1, {"b": None}], "": "empty key", "ä€🎉": "ß"},
    ],
    ids=repr,
)
def test_what_comes_in_goes_out(python: Suite, value: object) -> None:
    assert python.result("echo", value) == value


def test_the_environment_is_aws_s(python: Suite) -> None:
    seen = python.result("environment")
    name = python.name("main")
    expected = {
        **ALIKE,
        "_HANDLER": "pkg/mod.handler",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{python.runtime}",
        "LC_CTYPE": "C.UTF-8",
        "PYTHONPATH": "/var/runtime",
    }
    assert {key: seen.get(key) for key in expected} == expected
    assert set(seen) - set(expected) - {"GENERATION"} == NAMES_ONLY | OURS


def test_code_runs_where_it_does_on_aws(python: Suite) -> None:
    assert python.result("place") == {
        "cwd": "/var/task",
        "uid": 993,
        "version": [3, int(python.runtime.rpartition(".")[2])],
        "file": "/var/task/pkg/mod.py",
        "name": "pkg.mod",
        "task": False,
        "tmp": True,
    }


def test_the_context_has_every_attribute(python: Suite) -> None:
    answer = python.do("context")
    seen, name = answer.json, python.name("main")
    members = seen["members"]
    stream = members.pop("log_stream_name")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    assert members == {
        "aws_request_id": answer.request_id,
        "log_group_name": f"/aws/lambda/{name}",
        "function_name": name,
        "memory_limit_in_mb": "1024",
        "function_version": "$LATEST",
        "invoked_function_arn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
    }
    assert 19_000 < seen["left"] <= 20_000
    assert seen["left"] - seen["later"] >= 40
    assert seen["repr"].startswith(f"LambdaContext([aws_request_id={answer.request_id},log_group")
    assert seen["repr"].endswith(
        "client_context=None,identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),tenant_id=None])"
    )


def test_the_caller_s_context_arrives(python: Suite) -> None:
    context = {"custom": {"a": "ä"}, "env": {"b": 1}, "client": {"app_title": "t"}}
    encoded = base64.b64encode(json.dumps(context).encode()).decode()
    answer = python.do("client", ClientContext=encoded)
    assert answer.json == [{"a": "ä"}, {"b": 1}, "t", None]
    assert python.result("client") is None


def _line_of(code: str) -> int:
    return next(n for n, line in enumerate(HANDLER.splitlines(), 1) if line.strip() == code)


def test_an_exception_is_told_to_the_byte(python: Suite) -> None:
    answer = python.do("raise", "café 🎉")
    file = '  File "/var/task/pkg/mod.py", line'
    called = 'return globals()["do_" + event["do"]](event["with"], context)'
    trace = [
        f"{file} {_line_of(called)}, in handler\n    {called}\n",
        f"{file} {_line_of('raise Failure(value)')}, in do_raise\n    raise Failure(value)\n",
    ]
    report = {"errorMessage": "café 🎉", "errorType": "Failure", "requestId": answer.request_id}
    expected = json.dumps({**report, "stackTrace": trace}, ensure_ascii=not unescaped(python))
    assert answer.body.decode() == expected
    assert answer.error == "Unhandled"
    logged = "[ERROR] Failure: café 🎉\nTraceback (most recent call last):\n\xa0\xa0File"
    assert logged in answer.tail.replace("\r", "\n")


@pytest.mark.parametrize(
    ("check", "given", "kind", "message"),
    [
        ("chain", "x", "LookupError", ""),
        ("deep", None, "RecursionError", "maximum recursion depth exceeded"),
        (
            *("object", None, "Runtime.MarshalError"),
            "Unable to marshal response: Object of type type is not JSON serializable",
        ),
        ("nothing", None, "KeyError", "'do_nothing'"),
    ],
)
def test_an_error(python: Suite, check: str, given: object, kind: str, message: str) -> None:
    answer = python.do(check, given)
    assert answer.error == "Unhandled"
    assert list(answer.json) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert answer.json["errorType"] == kind
    assert answer.json["errorMessage"].startswith(message)
    assert answer.json["requestId"] == answer.request_id


@pytest.mark.parametrize(
    ("check", "given", "how"),
    [
        ("exit", 0, "without providing a reason"),
        ("exit", "words", "with error: exit status 1"),
        ("end", 0, "without providing a reason"),
        ("end", 9, "with error: exit status 9"),
        ("signal", 9, "with error: signal: killed"),
        ("signal", 11, "with error: signal: segmentation fault"),
    ],
)
def test_a_death_is_told_to_the_byte(python: Suite, check: str, given: object, how: str) -> None:
    answer = python.do(check, given)
    said = f"RequestId: {answer.request_id} Error: Runtime exited {how}"
    assert answer.error == "Unhandled"
    assert answer.body.decode() == f'{{"errorType":"Runtime.ExitError","errorMessage":"{said}"}}'
    assert f"{said}\nRuntime.ExitError\n" in answer.tail
    assert "\tStatus: error\tError Type: Runtime.ExitError\n" in answer.tail
    assert python.result("echo", 1) == 1


def test_a_time_out_is_told_to_the_byte(python: Suite) -> None:
    handler = "import time\ndef handler(event, context): time.sleep(event)"
    python.has("late", {"app.py": handler}, Handler="app.handler", Timeout=1)
    answer = python.invoke("late", b"5")
    said = f"RequestId: {answer.request_id} Error: Task timed out after 1.00 seconds"
    assert answer.body.decode() == f'{{"errorType":"Sandbox.Timedout","errorMessage":"{said}"}}'
    assert f" {answer.request_id} Task timed out after 1.00 seconds\n\n" in answer.tail
    assert "\tStatus: timeout\n" in answer.tail
    assert python.invoke("late", b"0").body == b"null"


@pytest.mark.parametrize(
    ("what", "files", "handler", "told"),
    [
        (
            "no-module",
            {"x": ""},
            "app.handler",
            ("Runtime.ImportModuleError", "Unable to import module 'app': No module named 'app'"),
        ),
        (
            "no-import",
            {"app.py": "import lacking"},
            "app.handler",
            (
                "Runtime.ImportModuleError",
                "Unable to import module 'app': No module named 'lacking'",
            ),
        ),
        (
            "syntax",
            {"app.py": "x = 1\ndef handler(event, context)\n    pass\n"},
            "app.handler",
            ("Runtime.UserCodeSyntaxError", "Syntax error in module 'app': "),
        ),
        (
            "missing",
            {"app.py": ""},
            "app.handler",
            ("Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
        ),
        (
            "malformed",
            {"app.py": ""},
            "app",
            (
                "Runtime.MalformedHandlerName",
                "Bad handler 'app': not enough values to unpack (expected 2, got 1)",
            ),
        ),
        (
            "built-in",
            {"app.py": ""},
            "sys.exit",
            ("Runtime.BuiltInModuleConflict", "Cannot use built-in module sys as a handler module"),
        ),
        (
            "raises",
            {"app.py": "raise OSError(5, 'no disk')"},
            "app.handler",
            ("OSError", "[Errno 5] no disk"),
        ),
    ],
)
def test_a_handler_that_cannot_be_loaded(
    python: Suite, what: str, files: Any, handler: str, told: tuple[str, str]
) -> None:
    python.has(what, files, Handler=handler)
    answer = python.invoke(what, b"{}")
    assert answer.error == "Unhandled"
    assert list(answer.json) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (answer.json["errorType"], answer.json["requestId"]) == (told[0], "")
    assert answer.json["errorMessage"].startswith(told[1])


def test_lines_are_logged_as_aws_logs_them(python: Suite) -> None:
    answer = python.do("log", "ä")
    lines = tail_lines(answer.tail)
    assert lines[:3] == ["printed ä", "two", "lines"]
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    for line, level, text in (
        (lines[3], "WARNING", "warned of ä"),
        (lines[4], "DEBUG", "debugged"),
        (lines[5], "ERROR", "failed"),
    ):
        assert re.fullmatch(rf"\[{level}\]\t{stamp}\t{answer.request_id}\t{text}", line)
    assert lines[6] == "Traceback (most recent call last):"
    assert lines[-2:] == ["ZeroDivisionError: division by zero", "no end"]


def test_six_megabytes_go_both_ways(python: Suite) -> None:
    room = 6_291_456 - len('{"do": "size", "with": ""}')
    assert python.result("size", "x" * room) == room
    answer = python.do("large", 6_291_554)
    assert (len(answer.body), answer.error) == (6_291_556, "")
    answer = python.do("large", 6_291_555)
    assert answer.error == "Unhandled"
    assert answer.body == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
        b'"errorType":"Function.ResponseSizeTooLarge"}'
    )


@pytest.mark.parametrize(
    "text", ["é€🎉", "\0\x01\x1f\x7f", "\u2028\u2029\ufeff\uffff", "👩‍👩‍👧‍👦"], ids=ascii
)
def test_text_of_every_kind_is_itself(python: Suite, text: str) -> None:
    assert python.result("unicode", text) == [text, len(text), [ord(letter) for letter in text]]
    raw = json.dumps({"do": "unicode", "with": text}, ensure_ascii=False).encode()
    assert python.invoke("main", raw).json[0] == text


def test_a_lone_surrogate_is_escaped_or_refused(python: Suite) -> None:
    answer = python.invoke("main", b'{"do": "echo", "with": "\\ud83d"}')
    if unescaped(python):
        assert answer.json["errorType"] == "Runtime.MarshalError"
    else:
        assert answer.body == b'"\\ud83d"'


def test_threads_and_an_event_loop(python: Suite) -> None:
    squares = [n * n for n in range(40)]
    assert python.result("threads", 40) == [squares, [True], [-n for n in range(40)]]


def test_child_processes(python: Suite) -> None:
    minor = int(python.runtime.rpartition(".")[2])
    assert python.result("children", 7) == ["to a child", 3, f"(3, {minor})", 49, 0, 9]


def test_an_environment_is_cold_once_and_keeps_what_it_has(python: Suite) -> None:
    python.fresh("main")
    cold, warm, again = (python.do("count") for _ in range(3))
    assert [answer.json for answer in (cold, warm, again)] == [[1, False], [2, True], [3, True]]
    assert re.search(r"\tInit Duration: \d+\.\d\d ms\t", cold.tail)
    assert "Init Duration" not in warm.tail
    python.fresh("main")
    assert python.result("count") == [1, False]


def test_a_handler_in_a_package_by_its_dots(python: Suite) -> None:
    module = "from . import other\ndef handler(event, context): return [__name__, other.HERE]"
    files: dict[str, str | bytes] = {"pkg/__init__.py": "", "pkg/mod.py": module}
    files["pkg/other.py"] = "HERE = 'pkg'"
    python.has("dots", files, Handler="pkg.mod.handler")
    assert python.invoke("dots", b"{}").json == ["pkg.mod", "pkg"]


def test_its_packages_come_before_lambent_s_and_native_ones_work(python: Suite) -> None:
    assert python.result("packages") == [
        *("the package", "&lt;a&gt;", "so"),
        "/var/runtime/sdk/site-packages/of_the_sdk_alone.py",
    ]


def test_two_at_once_have_environments_of_their_own(python: Suite) -> None:
    python.has("both", {"app.py": BOTH}, Handler="app.handler")
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: python.invoke("both", b"0.5"), range(2))
    assert first.json != second.json


BOTH = """
import time, uuid
ME = str(uuid.uuid4())
def handler(event, context):
    time.sleep(event)
    return ME
"""
