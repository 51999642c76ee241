"""What a Node handler gets and what becomes of what it does."""

import json
from pathlib import Path

import pytest

from lambent.runtime_api.frames import Kind
from tests.runtimes.bootstrap_process import ARN, TRACE
from tests.runtimes.nodes import Function, has_callbacks

LARGEST = 6_291_556


@pytest.fixture
def callbacks() -> None:
    """Skip the test on a Node for which AWS takes no callbacks."""
    if not has_callbacks():
        pytest.skip("AWS takes no callbacks from Node 24 on")


@pytest.mark.usefixtures("callbacks")
def test_the_context_is_aws_s(tmp_path: Path) -> None:
    code = """
        exports.handler = async (event, context) => ({
            ...context,
            event,
            left: context.getRemainingTimeInMillis() > 0,
            functions: Object.entries(context).filter(([, v]) => typeof v === 'function').map(([k]) => k),
            trace: process.env._X_AMZN_TRACE_ID,
        })"""
    with Function(tmp_path, code) as function:
        function.load()
        assert function.result({"a": [1, "ü"]}, context='{"custom": {"k": 1}}') == {
            "callbackWaitsForEmptyEventLoop": True,
            "functionVersion": "$LATEST",
            "functionName": "hello",
            "memoryLimitInMB": "128",
            "logGroupName": "/aws/lambda/hello",
            "logStreamName": "2026/11/25/[$LATEST]0123456789abcdef",
            "clientContext": {"custom": {"k": 1}},
            "invokedFunctionArn": ARN,
            "awsRequestId": "request-1",
            "event": {"a": [1, "ü"]},
            "left": True,
            "functions": ["succeed", "fail", "done", "getRemainingTimeInMillis"],
            "trace": TRACE,
        }


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("async () => undefined", None),
        ("async () => ({ a: undefined, b: 1 })", {"b": 1}),
        ("async () => () => {}", None),
        ("async () => 'ü\\ud800'", "ü\ud800"),
        ("async (event) => event.length", 3_000_000),
    ],
)
def test_a_result(tmp_path: Path, code: str, expected: object) -> None:
    with Function(tmp_path, f"exports.handler = {code}") as function:
        function.load()
        assert function.result("x" * 3_000_000) == expected
        assert function.result("x" * 3_000_000) == expected


@pytest.mark.usefixtures("callbacks")
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("(event, context, callback) => callback(null, 7)", 7),
        ("(event, context, callback) => { setTimeout(callback, 1, null, 'later') }", "later"),
        ("(event, context) => context.succeed('s')", "s"),
        ("(event, context) => context.done(null, 'd')", "d"),
        ("() => 'what is returned without a promise is left out'", None),
        ("(event, context, callback) => { callback(null, 1); callback(null, 2) }", 1),
    ],
)
def test_a_result_given_without_a_promise(tmp_path: Path, code: str, expected: object) -> None:
    with Function(tmp_path, f"exports.handler = {code}") as function:
        function.load()
        assert [function.result(), function.result()] == [expected, expected]


@pytest.mark.usefixtures("callbacks")
@pytest.mark.parametrize(
    ("code", "message", "trace"),
    [
        ("(e, context) => context.fail(new Error('f'))", "f", ["Error: f"]),
        ("(e, context, callback) => callback('words')", "words", []),
    ],
)
def test_an_error_given_without_a_promise(
    tmp_path: Path, code: str, message: str, trace: list[str]
) -> None:
    with Function(tmp_path, f"exports.handler = {code}") as function:
        function.load()
        error = function.fault()
        assert (error["errorMessage"], error["trace"][:1]) == (message, trace)


def test_node_24_takes_promises_and_values_alone(tmp_path: Path) -> None:
    if has_callbacks():
        pytest.skip("this Node is older")
    with Function(
        tmp_path, "exports.handler = (event, context) => ['fail' in context]"
    ) as function:
        function.load()
        assert function.result() == [False]
    (tmp_path / "other").mkdir()
    with Function(tmp_path / "other", "exports.handler = (e, c, callback) => 1") as function:
        assert function.load().json["errorType"] == "Runtime.CallbackHandlerDeprecated"


@pytest.mark.parametrize(
    ("code", "kind", "message", "trace"),
    [
        ("async () => { throw new TypeError('no') }", "TypeError", "no", "TypeError: no"),
        ("() => { throw new TypeError('no') }", "TypeError", "no", "TypeError: no"),
        ("async () => { throw 'text' }", "string", "text", None),
        ("async () => { throw { a: 1 } }", "object", "[object Object]", None),
        ("async () => { throw null }", "string", "handled", None),
        (
            "async () => await new Promise(() => {})",
            "Runtime.NodeJsExit",
            "The Lambda runtime client detected an unexpected Node.js exit code.",
            "Runtime.NodeJsExit: The Lambda runtime client detected an unexpected Node.js exit code.",
        ),
    ],
)
def test_an_error(tmp_path: Path, code: str, kind: str, message: str, trace: str | None) -> None:
    with Function(tmp_path, f"exports.handler = {code}") as function:
        function.load()
        for _ in range(2):  # the next invocation works as well
            error = function.fault()
            assert (error["errorType"], error["errorMessage"]) == (kind, message)
            assert error["trace"][:1] == ([trace] if trace else [])
        assert len(function.log_lines()) == 2
        assert function.log_lines()[0].startswith("request-1\tERROR\tInvoke Error \t{")


@pytest.mark.parametrize("result", ["10n", "((a) => (a.a = a))({})"])
def test_a_result_that_is_no_json(tmp_path: Path, result: str) -> None:
    kind = "Error" if has_callbacks() else "Runtime.JSONStringifyError"
    with Function(tmp_path, f"exports.handler = async () => {result}") as function:
        function.load()
        error = function.fault()
        assert (error["errorType"], error["errorMessage"]) == (
            kind,
            "Unable to stringify response body",
        )


@pytest.mark.parametrize(
    ("code", "kind", "message", "status"),
    [
        (
            "Promise.reject(new Error('stray'))",
            "Runtime.UnhandledPromiseRejection",
            "Error: stray",
            128,
        ),
        ("setTimeout(() => { throw new RangeError('late') })", "RangeError", "late", 129),
    ],
)
def test_an_error_that_nobody_catches_is_the_answer_and_the_end(
    tmp_path: Path, code: str, kind: str, message: str, status: int
) -> None:
    waiting = "await new Promise((resolve) => setTimeout(resolve, 60000))"
    with Function(tmp_path, f"exports.handler = async () => {{ {code}; {waiting} }}") as function:
        function.load()
        answer = function.invoke(None)
        assert answer.meta["fatal"] is True
        assert (answer.json["errorType"], answer.json["errorMessage"]) == (kind, message)
        assert function.wait() == status


@pytest.mark.usefixtures("callbacks")
def test_a_callback_waits_for_the_event_loop_unless_told_otherwise(tmp_path: Path) -> None:
    code = """
        let seen = 0
        exports.handler = (event, context, callback) => {
            context.callbackWaitsForEmptyEventLoop = event.waits
            setTimeout(() => { seen += 1; console.log('seen') }, 20)
            callback(null, seen)
        }"""
    with Function(tmp_path, code) as function:
        function.load()
        function.result({"waits": True})
        assert function.log_lines() == ["request-1\tINFO\tseen"]
        assert function.result({"waits": False}) == 1
        assert function.log_lines() == ["request-1\tINFO\tseen"]


@pytest.mark.parametrize(("length", "fits"), [(LARGEST - 2, True), (LARGEST - 1, False)])
def test_the_largest_response(tmp_path: Path, length: int, fits: bool) -> None:
    with Function(tmp_path, f"exports.handler = async () => 'x'.repeat({length})") as function:
        function.load()
        answer = function.invoke(None)
        assert (answer.kind is Kind.RESPONSE) is fits
        if not fits:
            assert answer.json == {
                "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
                "errorType": "Function.ResponseSizeTooLarge",
            }


def test_the_console_writes_aws_s_lines(tmp_path: Path) -> None:
    code = """
        console.log('init')
        exports.handler = async () => {
            console.log('%s and', 'one', { a: 1 })
            console.info('i'); console.warn('w'); console.error('e'); console.debug('d'); console.trace('t')
            console.log('two\\nlines')
            process.stdout.write('raw\\n')
        }"""
    with Function(tmp_path, code) as function:
        function.load()
        function.result()
        text = Path(function._log).read_bytes().decode()  # universal newlines would hide \r
    lines = text.split("\n")
    assert [line.partition("Z\t")[2] or line for line in lines] == [
        "undefined\tINFO\tinit",
        "request-1\tINFO\tone and { a: 1 }",
        "request-1\tINFO\ti",
        "request-1\tWARN\tw",
        "request-1\tERROR\te",
        "request-1\tDEBUG\td",
        "request-1\tTRACE\tt",
        "request-1\tINFO\ttwo\rlines",
        "raw",
        "",
    ]


def test_the_console_writes_json_where_that_was_chosen(tmp_path: Path) -> None:
    code = """
        exports.handler = async () => {
            console.debug('left out')
            console.log({ a: 1 })
            console.error('with', new TypeError('no'))
        }"""
    with Function(tmp_path, code) as function:
        function.load(AWS_LAMBDA_LOG_FORMAT="JSON", AWS_LAMBDA_LOG_LEVEL="INFO")
        function.result()
        first, second = map(json.loads, function.log.splitlines())
    assert (first["level"], first["requestId"], first["message"]) == (
        "INFO",
        "request-1",
        {"a": 1},
    )
    assert (second["level"], second["errorType"], second["errorMessage"]) == (
        "ERROR",
        "TypeError",
        "no",
    )
    assert second["stackTrace"][0] == "TypeError: no"


def test_what_was_written_is_there_before_the_answer_and_before_an_exit(tmp_path: Path) -> None:
    code = """
        exports.handler = async (event) => {
            process.stdout.write('x'.repeat(1_000_000))
            if (event.exit) { process.exit(3) }
        }"""
    with Function(tmp_path, code) as function:
        function.load()
        function.result({})
        assert len(function.log) == 1_000_000
        with pytest.raises(EOFError):
            function.invoke({"exit": True})
        assert function.wait() == 3
        assert len(function.log) == 2_000_000


def test_children_do_not_inherit_the_channel(tmp_path: Path) -> None:
    code = """
        const { execSync } = require('child_process')
        exports.handler = async () => execSync('ls -l /proc/self/fd').toString()"""
    with Function(tmp_path, code) as function:
        function.load()
        listed = function.result()
        for descriptor in (function.requests, function.responses):
            assert str(Path(f"/proc/self/fd/{descriptor}").readlink()) not in listed
