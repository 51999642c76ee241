"""AWS's SDK for JavaScript in the place of a boto3 client: `get_function(FunctionName="f")` sends its GetFunctionCommand."""

import base64
import datetime as dt
import io
import json
import subprocess
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError


class JavaScriptClient:
    """As much of a client of Lambda as `Walk` needs, by a Node process that runs `client.mjs`."""

    def __init__(
        self, node: subprocess.Popen[str], *, region: str, methods: Mapping[str, str]
    ) -> None:
        """`methods` is what boto3 calls each operation."""
        self._node = node
        self._noted: list[Callable[..., None]] = []
        self.meta = SimpleNamespace(
            region_name=region,
            method_to_api_mapping=dict(methods),
            events=SimpleNamespace(register=lambda _event, note: self._noted.append(note)),
        )
        self.offers = frozenset(self._told({"do": "offers"})["outcome"])

    def __getattr__(self, method: str) -> Callable[..., Any]:
        operation = self.meta.method_to_api_mapping[method]

        def call(**members: Any) -> Any:
            outcome = self._done(operation, {"do": "send", "members": members})
            if "Payload" in outcome:
                outcome["Payload"] = io.BytesIO(base64.b64decode(outcome["Payload"]["$bytes"]))
            return outcome

        return call

    def get_waiter(self, waiter: str) -> Any:
        """One whose `wait` takes a waiter's members."""
        name = "".join(part.capitalize() for part in waiter.split("_"))

        def wait(*, WaiterConfig: Any, **members: str) -> None:  # noqa: N803 - boto3's name
            del WaiterConfig
            told = self._told({"do": "wait", "waiter": name, "members": members})
            assert told.get("outcome") == "SUCCESS", told

        return SimpleNamespace(wait=wait)

    def get_paginator(self, method: str) -> Any:
        """One whose pages are a single one: what all of them hold."""
        operation = self.meta.method_to_api_mapping[method]

        def paginate(*, PaginationConfig: Any, **members: Any) -> Any:  # noqa: N803 - boto3's name
            del PaginationConfig
            pages = self._done(operation, {"do": "pages", "members": members})
            lists = [value for page in pages for value in page.values() if isinstance(value, list)]
            return SimpleNamespace(
                search=lambda _expression: [one for some in lists for one in some]
            )

        return SimpleNamespace(paginate=paginate, result_keys=[SimpleNamespace(expression="")])

    def _done(self, operation: str, call: Mapping[str, Any]) -> Any:
        """What comes of it. Raises ClientError as boto3 does."""
        told = self._told({**call, "operation": operation})
        if told["status"] != 200:
            raise ClientError(
                {
                    "Error": {"Code": told["code"], "Message": told["message"]},
                    "ResponseMetadata": {"HTTPStatusCode": told["status"]},
                },
                operation,
            )
        for note in self._noted:
            note(SimpleNamespace(name=operation), SimpleNamespace(status_code=200))
        return told["outcome"]

    def _told(self, call: Mapping[str, Any]) -> dict[str, Any]:
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(call, default=_written) + "\n")
        self._node.stdin.flush()
        told: dict[str, Any] = json.loads(self._node.stdout.readline())
        return told


def _written(value: Any) -> dict[str, str]:
    """What JSON has no form for."""
    if isinstance(value, dt.datetime):
        return {"$date": value.isoformat()}
    content = value.read() if hasattr(value, "read") else value
    return {"$bytes": base64.b64encode(content).decode()}
