"""How the Node bootstrap becomes a function, and how it ends."""

from pathlib import Path
from typing import Any

import pytest

from lambent.runtime_api.frames import Kind
from tests.runtimes.nodes import Function


def failure_of(
    folder: Path, files: dict[str, str], handler: str = "", *, status: int = 129
) -> dict[str, Any]:
    """The error JSON of an init that fails, once the process has exited."""
    with Function(folder, files, handler=handler) as function:
        answer = function.load()
        assert answer.kind is Kind.INIT_ERROR
        error = answer.json
        assert answer.meta == {"type": error["errorType"]}
        assert list(error) == ["errorType", "errorMessage", "trace"]
        assert function.wait() == status
        (line,) = function.log_lines()
        assert line.startswith('undefined\tERROR\tUncaught Exception \t{"errorType":"')
        return dict(error)


def test_a_module_that_is_missing(tmp_path: Path) -> None:
    error = failure_of(tmp_path, {})
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"] == (
        "Error: Cannot find module 'index'\nRequire stack:\n- /var/runtime/index.mjs"
    )
    assert error["trace"][:3] == [
        "Runtime.ImportModuleError: Error: Cannot find module 'index'",
        "Require stack:",
        "- /var/runtime/index.mjs",
    ]


def test_a_module_that_misses_another(tmp_path: Path) -> None:
    error = failure_of(tmp_path, {"index.js": "require('nowhere')"})
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"].startswith("Error: Cannot find module 'nowhere'\nRequire stack:\n")


@pytest.mark.parametrize("name", ["index.js", "index.mjs"])
def test_a_syntax_error(tmp_path: Path, name: str) -> None:
    error = failure_of(tmp_path, {name: "exports.handler = {"})
    assert error["errorType"] == "Runtime.UserCodeSyntaxError"
    assert error["errorMessage"].startswith("SyntaxError: ")


@pytest.mark.parametrize(
    ("handler", "kind", "message"),
    [
        ("index.none", "HandlerNotFound", "index.none is undefined or not exported"),
        ("index.a.b.none", "HandlerNotFound", "index.a.b.none is undefined or not exported"),
        ("index.a.b", "HandlerNotFound", "index.a.b is not a function"),
        ("index", "MalformedHandlerName", "Bad handler"),
        (
            "../index.handler",
            "MalformedHandlerName",
            "'../index.handler' is not a valid handler name. Use absolute paths when specifying root directories in handler names.",
        ),
    ],
)
def test_a_handler_that_is_not_there(tmp_path: Path, handler: str, kind: str, message: str) -> None:
    error = failure_of(tmp_path, {"index.js": "exports.a = { b: 1 }"}, handler)
    assert (error["errorType"], error["errorMessage"]) == (f"Runtime.{kind}", message)
    assert error["trace"][0] == f"Runtime.{kind}: {message}"


def test_an_error_while_the_module_is_loaded(tmp_path: Path) -> None:
    error = failure_of(tmp_path, {"index.js": "\nthrow new RangeError('no')"})
    assert (error["errorType"], error["errorMessage"]) == ("RangeError", "no")
    assert error["trace"][1].endswith("/task/index.js:2:7)")


def test_a_streaming_handler_is_refused_plainly(tmp_path: Path) -> None:
    code = "exports.handler = awslambda.streamifyResponse(async () => {})"
    error = failure_of(tmp_path, {"index.js": code})
    assert error["errorType"] == "Runtime.MalformedStreamingHandler"
    assert "awslambda.streamifyResponse" in error["errorMessage"]


def test_a_rejection_that_nobody_handles_while_a_module_waits(tmp_path: Path) -> None:
    code = "Promise.reject(new Error('early')); await new Promise((r) => setTimeout(r, 60000));"
    with Function(tmp_path, {"index.mjs": code}) as function:
        answer = function.load()
        assert answer.kind is Kind.INIT_ERROR
        assert answer.json["errorType"] == "Runtime.UnhandledPromiseRejection"
        assert answer.json["errorMessage"] == "Error: early"
        assert function.wait() == 128


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"index.js": "process.exit(7)"}, 7),
        ({"index.mjs": "await new Promise(() => {})"}, 13),
    ],
)
def test_a_module_that_ends_the_process(tmp_path: Path, files: dict[str, str], status: int) -> None:
    with Function(tmp_path, files) as function:
        with pytest.raises(EOFError):
            function.load()
        assert function.wait() == status


RETURNS_ITS_NAME = "handler = async () => __filename.split('/').pop()"


@pytest.mark.parametrize(
    ("files", "handler", "expected"),
    [
        ({"index.cjs": f"exports.{RETURNS_ITS_NAME}"}, "", "index.cjs"),
        ({"index": f"exports.{RETURNS_ITS_NAME}"}, "", "index"),
        ({"deep/er/app.js": f"exports.{RETURNS_ITS_NAME}"}, "deep/er/app.handler", "app.js"),
        ({"index.mjs": "export const handler = async () => 'esm'"}, "", "esm"),
        (
            {
                "index.js": "export const handler = async () => import.meta.url.split('/').pop()",
                "package.json": '{"type": "module"}',
            },
            "",
            "index.js",
        ),
        (
            {
                "node_modules/packed/index.js": f"exports.{RETURNS_ITS_NAME}",
            },
            "packed.handler",
            "index.js",
        ),
        (
            {
                "index.mjs": "const at = await Promise.resolve(3); export const f = { g: async () => at }"
            },
            "index.f.g",
            3,
        ),
        (
            {
                "index.js": f"exports.{RETURNS_ITS_NAME}",
                "index.mjs": "export const handler = async () => 'esm'",
            },
            "",
            "index.js",
        ),
    ],
)
def test_a_handler_is_found(
    tmp_path: Path, files: dict[str, str], handler: str, expected: object
) -> None:
    with Function(tmp_path, files, handler=handler) as function:
        assert function.load().kind is Kind.INIT_DONE
        assert function.result() == expected


def test_the_module_sees_what_it_sees_on_aws(tmp_path: Path) -> None:
    code = """
        exports.handler = async () => ({
            main: require.main === undefined,
            entry: process.argv[1],
            here: process.cwd() === process.env.LAMBDA_TASK_ROOT,
            paths: require('module').globalPaths[0],
            zone: new Date(0).getHours(),
            gone: process.env.LC_CTYPE === undefined,
            gc: typeof gc,
        })"""
    with Function(tmp_path, code) as function:
        function.load(NODE_PATH="/opt/nodejs/node_modules", TZ="Asia/Tokyo", LC_CTYPE="C.UTF-8")
        assert function.result() == {
            "main": True,
            "entry": "/var/runtime/index.mjs",
            "here": True,
            "paths": "/opt/nodejs/node_modules",
            "zone": 9,
            "gone": False,
            "gc": "function",
        }


def test_options_that_only_a_starting_node_reads(tmp_path: Path) -> None:
    files = {
        "index.js": "exports.handler = async () => [process.env.SET, process.env._LAMBENT_SECOND_START]",
        "first.js": "process.env.SET = 'by first.js'",
    }
    with Function(tmp_path, files) as function:
        function.load(NODE_OPTIONS=f"--require {tmp_path}/task/first.js")
        assert function.result() == ["by first.js", None]


def test_a_wrapper_starts_the_function(tmp_path: Path) -> None:
    files = {
        "index.js": "exports.handler = async () => process.env.WRAPPED",
        "wrap": '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n',
    }
    with Function(tmp_path, files) as function:
        (tmp_path / "task/wrap").chmod(0o755)
        function.load(AWS_LAMBDA_EXEC_WRAPPER=f"{tmp_path}/task/wrap")
        assert function.result() == "yes"


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [("none", 127, "does not exist"), ("index.js", 126, "is not an executable")],
)
def test_a_wrapper_that_cannot_be_run(tmp_path: Path, name: str, status: int, words: str) -> None:
    with Function(tmp_path, "") as function:
        with pytest.raises(EOFError):
            function.load(AWS_LAMBDA_EXEC_WRAPPER=f"{tmp_path}/task/{name}")
        assert function.wait() == status
        assert function.log == f"{tmp_path}/task/{name}: {words}\n"


def test_it_ends_when_the_engine_does(tmp_path: Path) -> None:
    with Function(tmp_path, "exports.handler = async () => 1") as function:
        function.load()
        function.hang_up()
        assert function.wait() == 0
