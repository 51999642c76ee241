"""A function of the suite, as its tests call it."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import create, zipped

ALIKE = {
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
    "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
    "LAMBDA_TASK_ROOT": "/var/task",
    "LAMBDA_RUNTIME_DIR": "/var/runtime",
    "PWD": "/var/task",
    "SHLVL": "0",
    "TZ": ":UTC",
    "LANG": "en_US.UTF-8",
    "PATH": "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
    "LD_LIBRARY_PATH": "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
}
"""Reference 03 §5: what every runtime of AWS's own has alike."""
NAMES_ONLY = {
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AWS_LAMBDA_LOG_STREAM_NAME", "AWS_XRAY_DAEMON_ADDRESS", "_AWS_XRAY_DAEMON_ADDRESS"),
    *("_AWS_XRAY_DAEMON_PORT", "_X_AMZN_TRACE_ID"),
}
OURS = {"AWS_ENDPOINT_URL"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answered invocation."""

    request_id: str
    body: bytes
    error: str
    """`Unhandled`, or empty."""
    tail: str
    """The end of its log."""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


class Suite:
    """Functions of one runtime on a daemon."""

    def __init__(self, daemon: DaemonProcess, runtime: str) -> None:
        self.daemon, self.runtime = daemon, runtime
        self.client = daemon.client("lambda")
        self._made: set[str] = set()

    def name(self, what: str) -> str:
        """Of this runtime's function `what`."""
        return f"suite-{what}-{self.runtime.replace('.', '-')}"

    def has(self, what: str, files: dict[str, str | bytes], **settings: Any) -> None:
        """Create the function `what` unless it is there; skips where the host has no such runtime."""
        if what in self._made:
            return
        settings.setdefault("Timeout", 20)
        settings.setdefault("MemorySize", 1024)
        package = {"ZipFile": zipped(files, mode=0o755)}
        name = self.name(what)
        try:
            create(self.client, name, "", Runtime=self.runtime, Code=package, **settings)
        except WaiterError:
            state = self.client.get_function_configuration(FunctionName=name)
            self.client.delete_function(FunctionName=name)
            if state["StateReasonCode"] != "InvalidRuntime":
                raise
            pytest.skip(state["StateReason"])
        self._made.add(what)

    def invoke(self, what: str, payload: bytes, **settings: Any) -> Answer:
        """Invoke the function `what` with `payload` as it is."""
        try:
            told = self.client.invoke(
                FunctionName=self.name(what), Payload=payload, LogType="Tail", **settings
            )
        except ClientError as error:
            raise AssertionError(error.response) from error
        return Answer(
            request_id=told["ResponseMetadata"]["RequestId"],
            body=told["Payload"].read(),
            error=told.get("FunctionError", ""),
            tail=base64.b64decode(told["LogResult"]).decode(),
        )

    def do(self, check: str, given: Any = None, *, what: str = "main", **settings: Any) -> Answer:
        """Have the suite's handler do `check`."""
        return self.invoke(what, json.dumps({"do": check, "with": given}).encode(), **settings)

    def result(self, check: str, given: Any = None, *, what: str = "main") -> Any:
        """What `check` returns."""
        answer = self.do(check, given, what=what)
        assert answer.error == "", answer
        return answer.json

    def fresh(self, what: str) -> None:
        """End the function's environments: its next invocation is a cold one."""
        name = self.name(what)
        settings = self.client.get_function_configuration(FunctionName=name)
        variables = settings.get("Environment", {}).get("Variables", {})
        generation = str(int(variables.get("GENERATION", "0")) + 1)
        self.client.update_function_configuration(
            FunctionName=name, Environment={"Variables": {**variables, "GENERATION": generation}}
        )
        self.client.get_waiter("function_updated_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 400}
        )


def tail_lines(tail: str) -> list[str]:
    """The lines of an invocation's log between its START and its END, which follows an unfinished line at once."""
    after = tail.partition("START RequestId: ")[2].partition("\n")[2]
    return after.rpartition("END RequestId: ")[0].splitlines()
