"""Making and calling functions as a user does."""

import io
import json
import zipfile
from typing import Any

import pytest

ROLE = "arn:aws:iam::000000000000:role/anything"
RUNTIME = "python3.11"


def zipped(files: dict[str, str | bytes], *, mode: int = 0o644, compressed: bool = False) -> bytes:
    """A deployment package with `files`."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
            archive.writestr(entry, content)
    return out.getvalue()


def create(client: Any, name: str, code: str, **settings: Any) -> dict[str, Any]:
    """Create a Python function whose module `app` is `code`, and wait until it is active."""
    settings.setdefault("Runtime", RUNTIME)
    settings.setdefault("Handler", "app.handler")
    settings.setdefault("MemorySize", 512)
    settings.setdefault("Role", ROLE)
    settings.setdefault("Code", {"ZipFile": zipped({"app.py": code})})
    client.create_function(FunctionName=name, **settings)
    _skip_without_runtime(client, name)
    client.get_waiter("function_active_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
    )
    made: dict[str, Any] = client.get_function(FunctionName=name)["Configuration"]
    return made


def call(client: Any, name: str, event: object = None, **settings: Any) -> tuple[Any, str]:
    """Invoke and return (result, function error)."""
    answer = client.invoke(FunctionName=name, Payload=json.dumps(event).encode(), **settings)
    body = answer["Payload"].read()
    return (json.loads(body) if body else None), answer.get("FunctionError", "")


def _skip_without_runtime(client: Any, name: str) -> None:
    """Skip the test where this user has no such runtime."""
    made = client.get_function(FunctionName=name)["Configuration"]
    while made["State"] == "Pending":
        made = client.get_function(FunctionName=name)["Configuration"]
    if "is not installed on this host" in made.get("StateReason", ""):
        client.delete_function(FunctionName=name)
        pytest.skip(made["StateReason"])
