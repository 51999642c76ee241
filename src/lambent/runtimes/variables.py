"""The environment that a function's code sees (reference 03 §5)."""

from collections.abc import Iterable, Mapping
from typing import Final

from lambent.model.function import FunctionVersion
from lambent.runtimes.installed import InstalledRuntime

RUNTIME_API: Final = "127.0.0.1:9001"
ENDPOINT_URL: Final = "http://127.0.0.1:4566"
_TASK_ROOT: Final = "/var/task"
_RUNTIME_DIR: Final = "/var/runtime"

RESERVED_VARIABLES: Final = frozenset(
    [
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
    ]
)
"""Keys that a function's configuration may not set."""
_RESERVED_PREFIX: Final = "AWS_LAMBDA_METADATA_"


def reserved_in(keys: Iterable[str]) -> list[str]:
    """Those of `keys` that may not be set, in their order."""
    return [k for k in keys if k in RESERVED_VARIABLES or k.startswith(_RESERVED_PREFIX)]


def function_variables(
    function: FunctionVersion,
    *,
    runtime: InstalledRuntime,
    log_stream: str,
    initialization_type: str,
    credentials: Mapping[str, str],
) -> dict[str, str]:
    """The whole environment of one environment of `function`.

    `credentials` are AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN. Later groups win: defaults that a
    function may override, its own variables, credentials, the runtime's, the platform's.
    """
    return {
        **runtime.environ,
        **({} if runtime.late else _started_by_a_shell()),
        **({"PYTHONPATH": _RUNTIME_DIR} if runtime.identifier.startswith("python") else {}),
        **_overridable(),
        **(function.environment or {}),
        **credentials,
        **_of_the_runtime(function, log_stream=log_stream),
        **({} if runtime.late else {"AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}"}),
        **_of_the_platform(function, initialization_type=initialization_type),
    }


def _started_by_a_shell() -> dict[str, str]:
    return {"PWD": _TASK_ROOT, "SHLVL": "0"}


def _overridable() -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": ENDPOINT_URL,
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
        "_AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1",
        "_AWS_XRAY_DAEMON_PORT": "2000",
    }


def _of_the_runtime(function: FunctionVersion, *, log_stream: str) -> dict[str, str]:
    return {
        "_HANDLER": function.handler,
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "LAMBDA_TASK_ROOT": _TASK_ROOT,
        "LAMBDA_RUNTIME_DIR": _RUNTIME_DIR,
    }


def _of_the_platform(function: FunctionVersion, *, initialization_type: str) -> dict[str, str]:
    return {
        "AWS_REGION": function.key.region,
        "AWS_DEFAULT_REGION": function.key.region,
        "AWS_LAMBDA_FUNCTION_NAME": function.key.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.key.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": initialization_type,
        "AWS_LAMBDA_RUNTIME_API": RUNTIME_API,
    }
