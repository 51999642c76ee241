"""Functions that bring their own runtime: scripts, AWS's own runtime client, and what is none at all."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.custom_runtimes import RIC, bring, packages_for_the_host
from tests.acceptance.functions import call, create, zipped

SHELL = """#!/bin/sh
api="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
head=$(mktemp)
while :; do
  event=$(curl -sS -D "$head" "$api/invocation/next") || exit 1
  id=$(sed -n 's/^lambda-runtime-aws-request-id: *//Ip' "$head" | tr -d '\\r')
  echo "event of $id"
  curl -sS -o /dev/null -d "{\\"event\\": $event, \\"in\\": \\"$(pwd)\\", \\"handler\\": \\"$_HANDLER\\"}" \\
    "$api/invocation/$id/response"
done
"""


def test_a_shell_script_with_curl(lam: Any) -> None:
    if not Path("/usr/bin/curl").exists():
        pytest.skip("no /usr/bin/curl on this host")
    bring(lam, "shell", SHELL, Handler="any.thing")
    for number in range(3):
        answer = lam.invoke(FunctionName="shell", Payload=b"%d" % number, LogType="Tail")
        assert answer["Payload"].read() == (
            b'{"event": %d, "in": "/var/task", "handler": "any.thing"}' % number
        )
        request_id = answer["ResponseMetadata"]["RequestId"]
        assert f"event of {request_id}\n" in base64.b64decode(answer["LogResult"]).decode()


@pytest.mark.parametrize(
    ("name", "bootstrap", "mode", "words"),
    [
        (
            "no-bootstrap",
            None,
            0o755,
            "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]",
        ),
        (
            "no-permission",
            "#!/bin/sh\n",
            0o644,
            "fork/exec /var/task/bootstrap: permission denied",
        ),
        (
            "no-program",
            "hello\n",
            0o755,
            "fork/exec /var/task/bootstrap: exec format error",
        ),
        (
            "no-interpreter",
            "#!/var/lang/bin/python3\n",
            0o755,
            "fork/exec /var/task/bootstrap: no such file or directory",
        ),
    ],
)
def test_a_bootstrap_that_cannot_be_executed(
    lam: Any, name: str, bootstrap: str | None, mode: int, words: str
) -> None:
    bring(lam, name, bootstrap, mode=mode)
    for _ in range(2):
        answer = lam.invoke(FunctionName=name, LogType="Tail")
        request_id = answer["ResponseMetadata"]["RequestId"]
        said = f"RequestId: {request_id} Error: {words}"
        assert answer["FunctionError"] == "Unhandled"
        assert answer["Payload"].read().decode() == (
            f'{{"errorType":"Runtime.InvalidEntrypoint","errorMessage":"{said}"}}'
        )
        tail = base64.b64decode(answer["LogResult"]).decode()
        assert f"{said}\nRuntime.InvalidEntrypoint\n" in tail
        assert "\tStatus: error\tError Type: Runtime.InvalidEntrypoint\n" in tail


def test_code_that_brings_a_bootstrap_mends_the_function(lam: Any) -> None:
    bring(lam, "mended", None)
    assert call(lam, "mended")[1] == "Unhandled"
    lam.delete_function(FunctionName="mended")
    bring(lam, "mended", "#!/bin/sh\nexit 5\n")
    body, _ = call(lam, "mended")
    assert body["errorMessage"].endswith("Error: Runtime exited with error: exit status 5")


def test_the_environment_is_a_custom_runtimes(lam: Any) -> None:
    script = "#!/bin/cat /proc/self/environ\n"
    bring(lam, "environment", script, Environment={"Variables": {"MINE": "x"}})
    answer = lam.invoke(FunctionName="environment", LogType="Tail")
    tail = base64.b64decode(answer["LogResult"]).decode()
    written = tail.partition(script)[0].split("\0")
    names = {line.rpartition("\n")[2].partition("=")[0] for line in written}
    assert {"MINE", "_HANDLER", "AWS_SESSION_TOKEN", "LAMBDA_TASK_ROOT", "TZ"} <= names
    assert not {"AWS_EXECUTION_ENV", "PWD", "SHLVL", "PYTHONPATH"} & names


APP = """
import os
def handler(event, context):
    if event == 'raise':
        raise ValueError('boom')
    print('hello')
    return {'event': event, 'id': context.aws_request_id, 'left': context.get_remaining_time_in_millis() > 0,
            'arn': context.invoked_function_arn}
"""


@pytest.mark.parametrize("runtime", ["provided.al2", "provided.al2023"])
def test_awss_own_runtime_client(lam: Any, runtime: str) -> None:
    package = zipped(
        {**packages_for_the_host("awslambdaric"), "bootstrap": RIC, "app.py": APP}, mode=0o755
    )
    name = f"client-{runtime.replace('.', '-')}"
    create(lam, name, "", Runtime=runtime, Code={"ZipFile": package}, MemorySize=1024, Timeout=20)
    for event in ({"a": "ä"}, [1]):
        answer = lam.invoke(FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail")
        result = json.loads(answer["Payload"].read())
        request_id = answer["ResponseMetadata"]["RequestId"]
        assert result["event"] == event
        assert result["id"] == request_id
        assert result["left"] is True
        assert result["arn"].endswith(f":function:{name}")
        assert "hello\n" in base64.b64decode(answer["LogResult"]).decode()
    body, error = call(lam, name, "raise")
    assert error == "Unhandled"
    assert (body["errorType"], body["errorMessage"]) == ("ValueError", "boom")
    assert body["stackTrace"][0].startswith('  File "/var/task/app.py"')


def test_awss_own_runtime_client_tells_why_it_cannot_load_the_handler(lam: Any) -> None:
    package = zipped({**packages_for_the_host("awslambdaric"), "bootstrap": RIC}, mode=0o755)
    create(lam, "client-alone", "", Runtime="provided.al2023", Code={"ZipFile": package})
    body, error = call(lam, "client-alone")
    assert error == "Unhandled"
    assert body["errorType"] == "Runtime.ImportModuleError"
    assert body["errorMessage"] == "Unable to import module 'app': No module named 'app'"
