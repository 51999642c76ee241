"""Node functions in real sandboxes."""

import base64
import json
import shutil
import subprocess
from typing import Any

import pytest

from tests.acceptance.functions import call, create, zipped
from tests.acceptance.waiting import eventually


def runtime() -> str:
    """The identifier that this host's Node is of."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node in PATH")
    version = subprocess.run([node, "--version"], capture_output=True, check=True).stdout
    return f"nodejs{version.decode().strip().lstrip('v').partition('.')[0]}.x"


def make(lam: Any, name: str, code: str | dict[str, str | bytes], **settings: Any) -> None:
    """Create a Node function whose `index.js` is `code`."""
    files: dict[str, str | bytes] = {"index.js": code} if isinstance(code, str) else code
    package = {"ZipFile": zipped(files)}
    create(
        lam,
        name,
        "",
        Runtime=runtime(),
        Handler="index.handler",
        Code=package,
        Timeout=10,
        **settings,
    )


def test_a_handler_is_called_and_its_lines_are_in_the_log(lam: Any) -> None:
    make(
        lam,
        "node-hello",
        "exports.handler = async (event, context) => { console.log('got', event); return [event, context.awsRequestId] }",
    )
    answer = lam.invoke(FunctionName="node-hello", Payload=b'{"a": "\xc3\xbc"}', LogType="Tail")
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert json.loads(answer["Payload"].read()) == [{"a": "ü"}, request_id]
    lines = base64.b64decode(answer["LogResult"]).decode().splitlines()
    assert lines[0].startswith("START RequestId: ")
    assert lines[1].endswith(f"Z\t{request_id}\tINFO\tgot {{ a: 'ü' }}")
    assert lines[2:] == [f"END RequestId: {request_id}", lines[3]]


def test_an_ecmascript_module(lam: Any) -> None:
    make(
        lam,
        "node-esm",
        {"index.mjs": "import os from 'os'; export const handler = async () => os.platform()"},
    )
    assert call(lam, "node-esm") == ("linux", "")


def test_an_error(lam: Any) -> None:
    make(lam, "node-error", "exports.handler = async () => { throw new TypeError('no') }")
    body, error = call(lam, "node-error")
    assert error == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("TypeError", "no")
    assert body["trace"][0] == "TypeError: no"
    assert "/var/task/index.js:1:" in body["trace"][1]


def test_an_init_error(lam: Any) -> None:
    make(lam, "node-init", "require('nowhere')")
    for _ in range(2):
        body, error = call(lam, "node-init")
        assert error == "Unhandled"
        assert body["errorType"] == "Runtime.ImportModuleError"
        assert body["errorMessage"] == (
            "Error: Cannot find module 'nowhere'\nRequire stack:\n- /var/task/index.js\n- /var/runtime/index.mjs"
        )


def test_a_stray_rejection_fails_its_own_invocation_and_no_other(lam: Any) -> None:
    make(
        lam,
        "node-stray",
        """exports.handler = async (event) => {
            if (!event.stray) return 'well'
            Promise.reject(new Error('stray'))
            await new Promise((resolve) => setTimeout(resolve, 5000))
        }""",
    )
    for _ in range(3):
        body, error = call(lam, "node-stray", {"stray": True})
        assert (body["errorType"], error) == ("Runtime.UnhandledPromiseRejection", "Unhandled")
        assert call(lam, "node-stray", {}) == ("well", "")


def test_an_exit_loses_nothing_that_was_written(lam: Any, logs: Any) -> None:
    make(
        lam,
        "node-exit",
        "exports.handler = async () => { for (let i = 0; i < 3000; i++) console.log(`line ${i} ${'x'.repeat(100)}`); process.exit(4) }",
    )
    body, error = call(lam, "node-exit")
    assert error == "Unhandled"
    assert body["errorMessage"].endswith("Error: Runtime exited with error: exit status 4")
    assert eventually(lambda: _found(logs, "node-exit", '"line 2999"')) == 1
    assert _found(logs, "node-exit", '"line"') == 3000


def _found(logs: Any, name: str, pattern: str) -> int:
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{name}", filterPattern=pattern
    )
    return sum(len(page["events"]) for page in pages)


def test_it_sees_nothing_of_the_host_s_packages(lam: Any) -> None:
    make(
        lam,
        "node-view",
        """const { existsSync, readdirSync } = require('fs')
        const listed = (at) => (existsSync(at) ? readdirSync(at) : [])
        exports.handler = async () => [
            listed('/usr/lib/node_modules'), listed('/usr/share/nodejs'), listed('/usr/local'), process.getuid(), listed('/var/lang/lib/node_modules')
        ]""",
    )
    assert call(lam, "node-view") == ([[], [], [], 993, []], "")


def test_options_and_a_wrapper(lam: Any) -> None:
    files: dict[str, str | bytes] = {
        "index.js": "exports.handler = async () => [process.env.SET, process.env.WRAPPED]",
        "first.js": "process.env.SET = 'by first.js'",
        "wrap": '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n',
    }
    package = {"ZipFile": zipped(files, mode=0o755)}
    variables = {
        "NODE_OPTIONS": "--require /var/task/first.js",
        "AWS_LAMBDA_EXEC_WRAPPER": "/var/task/wrap",
    }
    create(
        lam,
        "node-wrapped",
        "",
        Runtime=runtime(),
        Handler="index.handler",
        Code=package,
        Environment={"Variables": variables},
    )
    assert call(lam, "node-wrapped") == (["by first.js", "yes"], "")
