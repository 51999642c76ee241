"""The environment of a function, group by group."""

from pathlib import Path

import pytest
from lambent_python.world import needs_new_interpreter

from lambent.model.function import FunctionKey, FunctionVersion
from lambent.runtimes.catalogue import PYTHON_ENVIRON
from lambent.runtimes.installed import InstalledRuntime
from lambent.runtimes.provided import provided
from lambent.runtimes.variables import RESERVED_VARIABLES, function_variables, reserved_in

RUNTIME = InstalledRuntime(
    identifier="python3.13",
    version="3.13.0",
    executable=Path("/opt/python/bin/python3.13"),
    interpreter_dir=Path("/opt/python"),
    argv=("/var/lang/bin/python3.13",),
    environ=PYTHON_ENVIRON,
    bootstrap_dir=Path("/cache"),
)
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "ASIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_SESSION_TOKEN": "token",
}


def variables(
    environment: dict[str, str] | None = None, *, runtime: InstalledRuntime = RUNTIME
) -> dict[str, str]:
    function = FunctionVersion(
        key=FunctionKey(account_id="000000000000", region="cn-north-1", name="hello"),
        revision_id="r",
        runtime=runtime.identifier,
        handler="app.handler",
        role="arn:aws-cn:iam::000000000000:role/r",
        architecture="x86_64",
        package_sha256="0" * 64,
        code_size=1,
        last_modified_ms=0,
        memory_mb=256,
        environment=environment,
        log_group="/aws/lambda/hello",
    )
    return function_variables(
        function,
        runtime=runtime,
        log_stream="2026/11/25/[$LATEST]0123456789abcdef0123456789abcdef",
        initialization_type="on-demand",
        credentials=CREDENTIALS,
    )


def test_a_python_function_sees_what_it_sees_on_aws() -> None:
    assert variables() == {
        "_HANDLER": "app.handler",
        "AWS_LAMBDA_FUNCTION_NAME": "hello",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/hello",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/25/[$LATEST]0123456789abcdef0123456789abcdef",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
        "AWS_REGION": "cn-north-1",
        "AWS_DEFAULT_REGION": "cn-north-1",
        **CREDENTIALS,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "PWD": "/var/task",
        "SHLVL": "0",
        "TZ": ":UTC",
        "LANG": "en_US.UTF-8",
        "LC_CTYPE": "C.UTF-8",
        "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": (
            "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
        ),
        "PYTHONPATH": "/var/runtime",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
    }


@pytest.mark.parametrize(
    "key", ["AWS_ENDPOINT_URL", "TZ", "LANG", "PATH", "LD_LIBRARY_PATH", "PYTHONPATH", "MINE"]
)
def test_a_function_may_set_these(key: str) -> None:
    assert variables({key: "mine"})[key] == "mine"


@pytest.mark.parametrize("key", sorted(RESERVED_VARIABLES - {"AWS_ACCESS_KEY", "_X_AMZN_TRACE_ID"}))
def test_a_reserved_key_stays_the_platform_s_even_if_one_was_stored(key: str) -> None:
    assert variables({key: "mine"})[key] == variables()[key]


def test_reserved_keys_are_named_in_the_order_of_the_request() -> None:
    keys = ["AWS_REGION", "MINE", "_HANDLER", "AWS_LAMBDA_METADATA_TOKEN", "AWS_LAMBDA_LOG_LEVEL"]
    assert reserved_in(keys) == ["AWS_REGION", "_HANDLER", "AWS_LAMBDA_METADATA_TOKEN"]


def test_the_defaults_ask_for_no_second_start_of_the_interpreter() -> None:
    assert not needs_new_interpreter(variables(), PYTHON_ENVIRON)
    assert not needs_new_interpreter(variables({"PYTHONPATH": "/var/task/lib"}), PYTHON_ENVIRON)
    assert needs_new_interpreter(variables({"PYTHONHASHSEED": "0"}), PYTHON_ENVIRON)
    assert needs_new_interpreter(variables({"LD_LIBRARY_PATH": "/var/task"}), PYTHON_ENVIRON)


def test_a_custom_runtime_sees_nothing_of_a_shell_or_of_python(tmp_path: Path) -> None:
    python = variables()
    custom = variables(runtime=provided("provided.al2023", cache_dir=tmp_path, usr=tmp_path))
    assert set(python) - set(custom) == {
        *("AWS_EXECUTION_ENV", "LC_CTYPE", "PYTHONPATH", "PWD", "SHLVL")
    }
    assert set(custom) <= set(python)
    assert custom["PATH"] == "/usr/local/bin:/usr/bin/:/bin:/opt/bin"
    assert custom["_HANDLER"] == "app.handler"
