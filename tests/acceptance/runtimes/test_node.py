"""What a function may expect of every Node, as on AWS: in real sandboxes, through the API."""

import base64
import json
import re
from typing import Any

import pytest

from tests.acceptance.runtimes.node_function import CALLBACKS, HANDLER, WAYS
from tests.acceptance.runtimes.suite import ALIKE, NAMES_ONLY, OURS, Suite, tail_lines

NO_CALLBACKS = (
    "ERROR: AWS Lambda has removed support for callback-based function handlers starting with Node.js 24. "
    "You need to modify this function to use a supported handler signature to use Node.js 24 or later. "
    "For more information see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html."
)


def major(node: Suite) -> int:
    """22 of `nodejs22.x`."""
    return int(node.runtime.removeprefix("nodejs").removesuffix(".x"))


@pytest.mark.parametrize(
    "value",
    [
        *(None, True, 0, -1.5, 1e300, "", "a\tb", [], {}),
        {"a": [1, {"b": None}], "": "empty key", "ä€🎉": "ß"},
    ],
    ids=repr,
)
def test_what_comes_in_goes_out(node: Suite, value: object) -> None:
    assert node.result("echo", value) == value


def test_the_environment_is_aws_s(node: Suite) -> None:
    seen, name = node.result("environment"), node.name("main")
    layers = f"/opt/nodejs/node{major(node)}/node_modules:/opt/nodejs/node_modules"
    expected = {
        **ALIKE,
        "_HANDLER": "dir/file.nested.handler",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{node.runtime}",
        "NODE_PATH": f"{layers}:/var/runtime/node_modules:/var/runtime:/var/task",
    }
    assert {key: seen.get(key) for key in expected} == expected
    assert set(seen) - set(expected) - {"GENERATION"} == NAMES_ONLY | OURS


def test_code_runs_where_it_does_on_aws(node: Suite) -> None:
    assert node.result("place") == {
        "cwd": "/var/task",
        "uid": 993,
        "major": major(node),
        "file": "/var/task/dir/file.js",
        "main": True,
        "argv": ["/var/runtime/index.mjs"],
    }


def test_the_context_has_every_member(node: Suite) -> None:
    answer = node.do("context")
    seen, name = answer.json, node.name("main")
    members = seen["members"]
    stream = members.pop("logStreamName")
    assert re.fullmatch(r"\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}", stream)
    old = {"callbackWaitsForEmptyEventLoop": True} if major(node) < 24 else {}
    assert members == {
        **old,
        "awsRequestId": answer.request_id,
        "functionName": name,
        "functionVersion": "$LATEST",
        "invokedFunctionArn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
        "logGroupName": f"/aws/lambda/{name}",
        "memoryLimitInMB": "1024",
    }
    assert {"clientContext", "identity", "tenantId", "getRemainingTimeInMillis"} <= {*seen["keys"]}
    assert ({"succeed", "fail", "done"} <= {*seen["keys"]}) is (major(node) < 24)
    assert 19_000 < seen["left"] <= 20_000
    assert seen["left"] - seen["later"] >= 40


def test_the_caller_s_context_arrives_as_it_is(node: Suite) -> None:
    context = {"custom": {"a": "ä"}, "env": {"b": 1}, "client": {"app_title": "t"}}
    encoded = base64.b64encode(json.dumps(context).encode()).decode()
    answer = node.do("context", ClientContext=encoded)
    assert answer.json["members"]["clientContext"] == context


def _at(code: str) -> str:
    """Where `code` begins in the handler's file: line and column."""
    before, found, _ = HANDLER.partition(code)
    assert found
    return f"/var/task/dir/file.js:{before.count(chr(10)) + 1}:{len(before.rpartition(chr(10))[2]) + 1}"


def test_an_error_is_told_to_the_byte(node: Suite) -> None:
    answer = node.do("throw", "café 🎉")
    assert answer.error == "Unhandled"
    trace = answer.json["trace"]
    report = {"errorType": "Failure", "errorMessage": "café 🎉", "trace": trace}
    assert answer.body.decode() == json.dumps(report, ensure_ascii=False, separators=(",", ":"))
    assert trace[0] == "Failure: café 🎉"
    assert trace[1] == f"    at Object.throw ({_at('new Failure(value)')})"
    assert trace[2] == f"    at Runtime.handler ({_at('(event.with, context)')})"
    assert trace[3].startswith("    at Runtime.handleOnceNonStreaming (")
    logged = f"\t{answer.request_id}\tERROR\tInvoke Error \t{{"
    assert logged in answer.tail


@pytest.mark.parametrize(
    ("check", "given", "kind", "message"),
    [
        ("soon", "at once", "TypeError", "at once"),
        ("reject", None, "RangeError", "rejected"),
        ("thing", "text", "string", "text"),
        ("thing", 7, "number", "7"),
        ("thing", {"a": 1}, "object", "[object Object]"),
        ("deep", None, "RangeError", "Maximum call stack size exceeded"),
        ("nothing", None, "TypeError", "checks[event.do] is not a function"),
    ],
)
def test_an_error(node: Suite, check: str, given: object, kind: str, message: str) -> None:
    answer = node.do(check, given)
    assert answer.error == "Unhandled"
    assert list(answer.json) == ["errorType", "errorMessage", "trace"]
    assert (answer.json["errorType"], answer.json["errorMessage"]) == (kind, message)
    assert (answer.json["trace"] == []) is (check == "thing")


def test_a_result_that_is_no_json(node: Suite) -> None:
    answer = node.do("circle")
    kind = "Error" if major(node) < 24 else "Runtime.JSONStringifyError"
    assert (answer.json["errorType"], answer.json["errorMessage"]) == (
        kind,
        "Unable to stringify response body",
    )


@pytest.mark.parametrize(
    ("check", "kind", "message"),
    [
        ("stray", "Runtime.UnhandledPromiseRejection", "Error: stray"),
        ("uncaught", "Error", "uncaught"),
    ],
)
def test_what_nobody_catches_fails_its_own_invocation(
    node: Suite, check: str, kind: str, message: str
) -> None:
    answer = node.do(check)
    assert answer.error == "Unhandled"
    assert (answer.json["errorType"], answer.json["errorMessage"]) == (kind, message)
    assert node.result("echo", 1) == 1


def test_a_promise_that_nothing_will_settle(node: Suite) -> None:
    answer = node.do("never")
    if major(node) < 24:  # a handler that is no async function may have meant its callback
        assert (answer.body, answer.error) == (b"null", "")
    else:
        assert answer.json["errorType"] == "Runtime.NodeJsExit"


@pytest.mark.parametrize(
    ("check", "given", "how"),
    [
        ("exit", 0, "without providing a reason"),
        ("exit", 4, "with error: exit status 4"),
        ("signal", "SIGKILL", "with error: signal: killed"),
        ("signal", "SIGTERM", "with error: signal: terminated"),
    ],
)
def test_a_death_is_told_to_the_byte(node: Suite, check: str, given: object, how: str) -> None:
    answer = node.do(check, given)
    said = f"RequestId: {answer.request_id} Error: Runtime exited {how}"
    assert answer.error == "Unhandled"
    assert answer.body.decode() == f'{{"errorType":"Runtime.ExitError","errorMessage":"{said}"}}'
    assert "\tStatus: error\tError Type: Runtime.ExitError\n" in answer.tail
    assert node.result("echo", 1) == 1


@pytest.mark.parametrize(
    ("what", "files", "handler", "told"),
    [
        (
            "no-module",
            {"x": ""},
            "index.handler",
            (
                "Runtime.ImportModuleError",
                "Error: Cannot find module 'index'\nRequire stack:\n- /var/runtime/index.mjs",
            ),
        ),
        (
            "no-import",
            {"index.js": "require('lacking')"},
            "index.handler",
            (
                "Runtime.ImportModuleError",
                "Error: Cannot find module 'lacking'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs",
            ),
        ),
        (
            "syntax",
            {"index.js": "exports.handler = async ( => 1"},
            "index.handler",
            ("Runtime.UserCodeSyntaxError", "SyntaxError: "),
        ),
        (
            "missing",
            {"index.js": ""},
            "index.handler",
            ("Runtime.HandlerNotFound", "index.handler is undefined or not exported"),
        ),
        (
            "no-function",
            {"index.js": "exports.handler = 1"},
            "index.handler",
            ("Runtime.HandlerNotFound", "index.handler is not a function"),
        ),
        (
            "malformed",
            {"index.js": ""},
            "index",
            ("Runtime.MalformedHandlerName", "Bad handler"),
        ),
        (
            "raises",
            {"index.mjs": "throw new RangeError('no disk')"},
            "index.handler",
            ("RangeError", "no disk"),
        ),
    ],
)
def test_a_handler_that_cannot_be_loaded(
    node: Suite, what: str, files: Any, handler: str, told: tuple[str, str]
) -> None:
    node.has(what, files, Handler=handler)
    answer = node.invoke(what, b"{}")
    assert answer.error == "Unhandled"
    assert list(answer.json) == ["errorType", "errorMessage", "trace"]
    assert answer.json["errorType"] == told[0]
    assert answer.json["errorMessage"].startswith(told[1])


def test_lines_are_logged_as_aws_logs_them(node: Suite) -> None:
    answer = node.do("log", "ä")
    lines = tail_lines(answer.tail)
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
    for line, level, text in zip(
        lines,
        ["INFO", "INFO", "DEBUG", "WARN", "ERROR", "INFO"],
        ["logged ä { a: [ 1 ] }", "informed", "debugged", "warned", "failed in the log", "two"],
        strict=False,
    ):
        form = rf"{stamp}\t{answer.request_id}\t{level}\t{re.escape(text)}"
        assert re.fullmatch(form, line.partition("\r")[0])
    assert lines[-2:] == ["plain", "to stderr"]


def test_six_megabytes_go_both_ways(node: Suite) -> None:
    room = 6_291_456 - len('{"do": "size", "with": ""}')
    assert node.result("size", "x" * room) == room
    answer = node.do("large", 6_291_554)
    assert (len(answer.body), answer.error) == (6_291_556, "")
    answer = node.do("large", 6_291_555)
    assert answer.body == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
        b'"errorType":"Function.ResponseSizeTooLarge"}'
    )


@pytest.mark.parametrize(
    "text", ["é€🎉", "\0\x01\x1f\x7f", "\u2028\u2029\ufeff\uffff", "👩‍👩‍👧‍👦"], ids=ascii
)
def test_text_of_every_kind_is_itself(node: Suite, text: str) -> None:
    length = len(text.encode("utf-16-le")) // 2
    assert node.result("unicode", text) == [text, length, text.encode().hex()]
    raw = json.dumps({"do": "unicode", "with": text}, ensure_ascii=False).encode()
    assert node.invoke("main", raw).json[0] == text


def test_a_lone_surrogate_is_escaped(node: Suite) -> None:
    assert node.invoke("main", b'{"do": "echo", "with": "\\ud83d"}').body == b'"\\ud83d"'


def test_worker_threads(node: Suite) -> None:
    assert node.result("threads", 8) == [n * n for n in range(8)]


def test_child_processes(node: Suite) -> None:
    assert node.result("children") == ["to a child", 3, "42", "SIGKILL", 42]


def test_an_environment_is_cold_once_and_keeps_what_it_has(node: Suite) -> None:
    node.fresh("main")
    cold, warm, again = (node.do("count") for _ in range(3))
    assert [answer.json for answer in (cold, warm, again)] == [[1, False], [2, True], [3, True]]
    assert re.search(r"\tInit Duration: \d+\.\d\d ms\t", cold.tail)
    assert "Init Duration" not in warm.tail
    node.fresh("main")
    assert node.result("count") == [1, False]


@pytest.mark.parametrize("way", WAYS)
def test_a_handler_may_be_written_so(node: Suite, way: str) -> None:
    files, handler = WAYS[way]
    node.has(way, {**files}, Handler=handler)
    answer = node.invoke(way, b'{"a": 42}')
    assert (answer.body, answer.error) == (b"42", ""), answer


@pytest.mark.parametrize("way", CALLBACKS)
def test_callbacks_are_taken_up_to_node_22(node: Suite, way: str) -> None:
    node.has(way, {"index.js": CALLBACKS[way]}, Handler="index.handler")
    for _ in range(2):
        answer = node.invoke(way, b'{"a": 42}')
        if major(node) < 24:
            assert (answer.body, answer.error) == (b"42", "")
        else:
            assert answer.error == "Unhandled"
            assert answer.json["errorType"] == "Runtime.CallbackHandlerDeprecated"
            assert answer.json["errorMessage"] == NO_CALLBACKS


def test_its_packages_come_before_lambent_s_and_native_ones_work(node: Suite) -> None:
    data, is_native, own, sdk = node.result("packages")
    assert data == [254, 253]
    assert is_native
    assert own == ["the package", "/var/task/node_modules/@aws-sdk/client-s3/index.js"]
    assert sdk[0] == "lambent"
