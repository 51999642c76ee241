"""The AWS CLI in the place of a boto3 client: `get_function(FunctionName="f")` runs `aws lambda get-function`."""

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from botocore.exceptions import ClientError

from tests.acceptance.aws_clients import Cli

_FAILED: Final = re.compile(
    r"An error occurred \((?P<code>\w+)\) when calling the \w+ operation: (?P<message>.*)"
)
_STATUSES: Final = {
    "NotImplementedException": 501,
    "ResourceNotFoundException": 404,
    "InvalidParameterValueException": 400,
}
_HIDDEN: Final = frozenset({"InvokeWithResponseStream"})
"""What the CLI does not offer, since a stream is no document."""


class CliClient:
    """As much of a client of Lambda as `Walk` needs."""

    def __init__(self, cli: Cli, *, methods: Mapping[str, str], offers: frozenset[str]) -> None:
        """`methods` is what boto3 calls each operation, `offers` the operations that this version of the CLI has."""
        self._cli, self.offers = cli, offers
        self._noted: list[Callable[..., None]] = []
        self.meta = SimpleNamespace(
            region_name=cli.region,
            method_to_api_mapping=dict(methods),
            events=SimpleNamespace(register=lambda _event, note: self._noted.append(note)),
        )

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda **members: self._call(method, (), members)

    def get_waiter(self, waiter: str) -> Any:
        """One whose `wait` takes a waiter's members."""

        def wait(*, WaiterConfig: Any, **members: str) -> None:  # noqa: N803 - boto3's name
            del WaiterConfig
            self._cli.run("lambda", "wait", _dashed(waiter), *_options(members))

        return SimpleNamespace(wait=wait)

    def get_paginator(self, method: str) -> Any:
        """One whose pages are a single one: the CLI puts them together."""

        def paginate(*, PaginationConfig: Mapping[str, int], **members: Any) -> Any:  # noqa: N803 - boto3's name
            size = ("--page-size", str(PaginationConfig["PageSize"]))
            document = self._call(method, size, members)
            (found,) = [value for value in document.values() if isinstance(value, list)]
            return SimpleNamespace(search=lambda _expression: found)

        return SimpleNamespace(paginate=paginate, result_keys=[SimpleNamespace(expression="")])

    def _call(self, method: str, options: tuple[str, ...], members: Mapping[str, Any]) -> Any:
        """What it prints. Raises ClientError as boto3 does."""
        given, files = self._files(members)
        (self._cli.home / "input.json").write_text(json.dumps(given, default=_text))
        command = ("lambda", _dashed(method), *options, *files, "--output", "json")
        if method == "invoke":  # its file for the answer goes with no document
            command += (*_options(given), "answer.json")
        else:
            command += ("--cli-input-json", "file://input.json")
        process = self._cli.popen(*command)
        out, err = process.communicate(timeout=60)
        operation = self.meta.method_to_api_mapping[method]
        if process.returncode:
            found = _FAILED.search(err)
            assert found is not None, (command, err)
            raise ClientError(
                {
                    "Error": {"Code": found["code"], "Message": found["message"].strip()},
                    "ResponseMetadata": {"HTTPStatusCode": _STATUSES[found["code"]]},
                },
                operation,
            )
        for note in self._noted:
            note(SimpleNamespace(name=operation), SimpleNamespace(status_code=200))
        document = json.loads(out) if out.strip() else {}
        if method == "invoke":
            document["Payload"] = io.BytesIO((self._cli.home / "answer.json").read_bytes())
        return document

    def _files(self, members: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
        """Members for a document, and options for what is bytes, which goes through files."""
        given: dict[str, Any] = {}
        files: tuple[str, ...] = ()
        for name, value in members.items():
            inner: Any = value.get("ZipFile") if isinstance(value, Mapping) else value
            content = inner.read() if hasattr(inner, "read") else inner
            if isinstance(content, bytes):
                option = (
                    "--zip-file" if isinstance(value, Mapping) else f"--{_dashed(_snake(name))}"
                )
                path = self._cli.home / f"{name}.bin"
                path.write_bytes(content)
                # The oldest of its commands takes the path itself.
                files += (option, path.name if name == "InvokeArgs" else f"fileb://{path.name}")
            else:
                given[name] = value
        return given, files


def offered(program: Path) -> frozenset[str]:
    """The operations of Lambda that a version of the CLI has."""
    (model, *_) = program.parents[1].rglob("data/lambda/2015-03-31/service-2.json")
    return frozenset(json.loads(model.read_text())["operations"]) - _HIDDEN


def _options(members: Mapping[str, str]) -> list[str]:
    return [part for k, v in members.items() for part in (f"--{_dashed(_snake(k))}", v)]


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.datetime) else str(value)
