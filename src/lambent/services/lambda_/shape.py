"""Functions as AWS's answers show them."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from lambent.model.arn import runtime_version_arn
from lambent.model.function import LATEST, FunctionVersion
from lambent.services.lambda_.shape_settings import settings

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_STATE: Final[dict[str, Callable[[FunctionVersion], str | None]]] = {
    "State": lambda version: version.state,
    "StateReason": lambda version: version.state_reason,
    "StateReasonCode": lambda version: version.state_reason_code,
    "LastUpdateStatus": lambda version: version.update_status,
    "LastUpdateStatusReason": lambda version: version.update_reason,
    "LastUpdateStatusReasonCode": lambda version: version.update_reason_code,
}


def listed(version: FunctionVersion, *, arn: str) -> dict[str, Any]:
    """A FunctionConfiguration as lists have it: without states and runtime version."""
    shown: dict[str, Any] = {
        "FunctionName": version.key.name,
        "FunctionArn": arn,
        "Runtime": version.runtime,
        "Role": version.role,
        "Handler": version.handler,
        "CodeSize": version.code_size,
        "Description": version.description,
        "Timeout": version.timeout_seconds,
        "MemorySize": version.memory_mb,
        "LastModified": last_modified(version.last_modified_ms),
        "CodeSha256": code_sha256(version),
        "Version": version.key.version,
        "RevisionId": version.revision_id,
        "PackageType": "Zip",
        "Architectures": [version.architecture],
    }
    if version.layers:
        shown["Layers"] = [{"Arn": one.arn, "CodeSize": one.code_size} for one in version.layers]
    return shown | settings(version)


def code_sha256(version: FunctionVersion) -> str:
    """`CodeSha256`: of the zip, in base64."""
    return base64.b64encode(bytes.fromhex(version.package_sha256)).decode()


def own_arn(version: FunctionVersion) -> str:
    """The ARN of a version as the operations that make it show it: unqualified for $LATEST."""
    key = version.key
    return key.unqualified_arn if key.version == LATEST else key.arn


class RuntimeVersions(Protocol):
    """Which version of a runtime this host runs."""

    async def version_digest(self, identifier: str) -> str:
        """What the runtime version's ARN ends in; empty when this host lacks the runtime."""
        ...


class Configurations:
    """FunctionConfigurations as the operations on one function have them."""

    def __init__(self, *, runtimes: RuntimeVersions) -> None:
        self._runtimes = runtimes

    async def show(self, version: FunctionVersion, *, arn: str) -> dict[str, Any]:
        """With states, their reasons only where there are any, and the version of the runtime."""
        state = {member: value(version) for member, value in _STATE.items()}
        shown = listed(version, arn=arn)
        shown |= {member: str(text) for member, text in state.items() if text}
        digest = await self._runtimes.version_digest(version.runtime)
        if digest:
            runtime_arn = runtime_version_arn(region=version.key.region, digest=digest)
            shown["RuntimeVersionConfig"] = {"RuntimeVersionArn": runtime_arn}
        return shown


def last_modified(epoch_ms: int) -> str:
    """An instant as `LastModified` writes it: `2024-05-01T12:34:56.789+0000`."""
    instant = _EPOCH + timedelta(milliseconds=epoch_ms)
    return instant.strftime(f"%Y-%m-%dT%H:%M:%S.{epoch_ms % 1000:03}+0000")


def second(epoch_ms: int) -> str:
    """An instant as provisioned concurrency writes it: `2024-05-01T12:34:56+0000` (botocore's examples)."""
    return (_EPOCH + timedelta(milliseconds=epoch_ms)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def iso_instant(epoch_ms: int) -> str:
    """An instant as function URLs write it: `2024-05-01T12:34:56.789000000Z`."""
    instant = _EPOCH + timedelta(milliseconds=epoch_ms)
    return instant.strftime(f"%Y-%m-%dT%H:%M:%S.{epoch_ms % 1000:03}000000Z")
