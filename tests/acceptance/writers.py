"""Clients that change everything about functions of their own without a pause, and know what must be there afterwards."""

import base64
import hashlib
import threading
import urllib.request
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import ROLE, RUNTIME, zipped

Key = tuple[str, ...]
"""What a fact is of: `("alias", function, alias)` and the like."""

_BUSY: Final = "ResourceConflictException"


class Ledger:
    """What may be true of each fact: one value when its last write was acknowledged, more where that is in doubt."""

    def __init__(self) -> None:
        self.facts: dict[Key, set[Any]] = {}

    def acknowledged(self, written: Mapping[Key, Any]) -> None:
        """A write was answered with success."""
        self.facts |= {key: {value} for key, value in written.items()}

    def in_doubt(self, written: Mapping[Key, Any]) -> None:
        """A write was not answered: it is done, or not."""
        for key, value in written.items():
            self.facts.setdefault(key, {None}).add(value)


class Writer:
    """Writes until it is told to stop; nobody else touches what it writes."""

    def __init__(self, daemon: DaemonProcess, *, name: str, seed: int) -> None:
        self._lam, self._name, self._random = daemon.client("lambda"), name, Random(seed)
        self.ledger = Ledger()
        self.begun = 0
        """Writes that were sent."""
        self.wrong: list[ClientError] = []
        """Answers that no crash explains."""
        self._number = 0
        self._functions: list[str] = []
        self._actions: tuple[tuple[Callable[[str], None], int], ...] = (
            (self._configure, 4),
            (self._deploy, 2),
            (self._publish, 3),
            (self._name_a_version, 2),
            (self._allow, 2),
            (self._publish_a_layer, 1),
            (self._delete, 1),
        )

    def run(self, stop: threading.Event) -> None:
        """Write, one thing after the other."""
        while not stop.is_set():
            if len(self._functions) < 2:
                self._create()
                continue
            actions, weights = zip(*self._actions, strict=True)
            action = self._random.choices(actions, weights)[0]
            action(self._random.choice(self._functions))

    def _write(
        self, call: Callable[..., Any], written: Mapping[Key, Any], /, **members: Any
    ) -> Any | None:
        """Its answer, when it is acknowledged."""
        self.begun += 1
        try:
            answer = call(**members)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                self.ledger.in_doubt(written)
            elif error.response["Error"]["Code"] != _BUSY:
                self.wrong.append(error)
        except BotoCoreError:
            self.ledger.in_doubt(written)
        else:
            self.ledger.acknowledged(written)
            return answer
        return None

    def _next(self) -> int:
        self._number += 1
        return self._number

    def _create(self) -> None:
        number = self._next()
        name, package = f"{self._name}-{number}", _package(number)
        made = self._write(
            self._lam.create_function,
            {("description", name): "new", ("code", name): _sha256(package)},
            FunctionName=name,
            Role=ROLE,
            Runtime=RUNTIME,
            Handler="app.handler",
            Description="new",
            Code={"ZipFile": package},
        )
        if made is not None:
            self._functions.append(name)

    def _configure(self, name: str) -> None:
        text = f"number {self._next()}"
        self._write(
            self._lam.update_function_configuration,
            {("description", name): text},
            FunctionName=name,
            Description=text,
        )

    def _deploy(self, name: str) -> None:
        package = _package(self._next())
        self._write(
            self._lam.update_function_code,
            {("code", name): _sha256(package)},
            FunctionName=name,
            ZipFile=package,
        )

    def _publish(self, name: str) -> None:
        made = self._write(self._lam.publish_version, {}, FunctionName=name)
        if made is not None:
            self.ledger.acknowledged({("version", name, made["Version"]): made["CodeSha256"]})

    def _name_a_version(self, name: str) -> None:
        numbers = [key[2] for key in self.ledger.facts if key[:2] == ("version", name)]
        if not numbers:
            return
        alias, number = f"alias-{self._next()}", self._random.choice(numbers)
        self._write(
            self._lam.create_alias,
            {("alias", name, alias): number},
            FunctionName=name,
            Name=alias,
            FunctionVersion=number,
        )

    def _allow(self, name: str) -> None:
        sid = f"sid-{self._next()}"
        self._write(
            self._lam.add_permission,
            {("statement", name, sid): True},
            FunctionName=name,
            StatementId=sid,
            Action="lambda:InvokeFunction",
            Principal="*",
        )

    def _publish_a_layer(self, _name: str) -> None:
        package = _package(self._next())
        made = self._write(
            self._lam.publish_layer_version,
            {},
            LayerName=self._name,
            Content={"ZipFile": package},
        )
        if made is not None:
            self.ledger.acknowledged({("layer", str(made["Version"])): _sha256(package)})

    def _delete(self, name: str) -> None:
        """With all that belongs to it; whatever comes of it, the function is left alone from then on."""
        self._functions.remove(name)
        gone = {key: None for key in self.ledger.facts if key[1] == name}
        if self._write(self._lam.delete_function, gone, FunctionName=name) is None:
            self.ledger.in_doubt(gone)


class Found:
    """What is really there of a writer's, read once nothing is written any more."""

    def __init__(self, daemon: DaemonProcess, *, name: str) -> None:
        self._lam, self._name = daemon.client("lambda"), name
        self.halves: list[str] = []
        """What is there without what it needs."""
        self.facts: dict[Key, Any] = {}

    def read(self) -> None:
        """Everything."""
        pages = self._lam.get_paginator("list_functions").paginate(FunctionVersion="ALL")
        for page in pages:
            for function in page["Functions"]:
                if function["FunctionName"].startswith(f"{self._name}-"):
                    self._read_version(function["FunctionName"], function["Version"])
        names = {key[1] for key in self.facts if key[0] == "description"}
        stray = {key[1] for key in self.facts if key[0] == "version"} - names
        self.halves += [f"versions of {name} without it" for name in sorted(stray)]
        for name in sorted(names):
            self._read_rest(name)
        for layer in self._lam.list_layer_versions(LayerName=self._name)["LayerVersions"]:
            shown = self._lam.get_layer_version_by_arn(Arn=layer["LayerVersionArn"])["Content"]
            self._demand_package(layer["LayerVersionArn"], shown)
            self.facts["layer", str(layer["Version"])] = shown["CodeSha256"]

    def _read_version(self, name: str, number: str) -> None:
        shown = self._lam.get_function(FunctionName=name, Qualifier=number)
        configuration = shown["Configuration"]
        self._demand_package(f"{name}:{number}", shown["Code"] | configuration)
        waiter = "published_version_active" if number != "$LATEST" else "function_updated_v2"
        self._lam.get_waiter(waiter).wait(
            FunctionName=name,
            WaiterConfig={"Delay": 0.05, "MaxAttempts": 1_000},
            **({} if number == "$LATEST" else {"Qualifier": number}),
        )
        if number == "$LATEST":
            self.facts["description", name] = configuration["Description"]
            self.facts["code", name] = configuration["CodeSha256"]
        else:
            self.facts["version", name, number] = configuration["CodeSha256"]

    def _read_rest(self, name: str) -> None:
        for alias in self._lam.list_aliases(FunctionName=name)["Aliases"]:
            self.facts["alias", name, alias["Name"]] = alias["FunctionVersion"]
            if ("version", name, alias["FunctionVersion"]) not in self.facts:
                self.halves.append(f"{alias['AliasArn']} leads to no version")
        try:
            policy = self._lam.get_policy(FunctionName=name)["Policy"]
        except self._lam.exceptions.ResourceNotFoundException:
            return
        for statement in policy.split('"Sid":"')[1:]:
            self.facts["statement", name, statement.partition('"')[0]] = True

    def _demand_package(self, what: str, shown: Mapping[str, Any]) -> None:
        with urllib.request.urlopen(shown["Location"], timeout=30) as answer:
            if _sha256(answer.read()) != shown["CodeSha256"]:
                self.halves.append(f"{what} has another package than it says")


def _package(number: int) -> bytes:
    return zipped({"app.py": f"def handler(event, context): return {number}"})


def _sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
