"""Functions as AWS's answers show them."""

import base64
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lambent.model.function import FunctionVersion

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
    """A FunctionConfiguration as lists have it: without State and LastUpdateStatus."""
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
        "CodeSha256": base64.b64encode(bytes.fromhex(version.package_sha256)).decode(),
        "Version": version.key.version,
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": version.revision_id,
        "PackageType": "Zip",
        "Architectures": [version.architecture],
        "EphemeralStorage": {"Size": version.ephemeral_storage_mb},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": version.log_group},
    }
    if version.environment is not None:
        shown["Environment"] = {"Variables": dict(version.environment)}
    return shown


def configuration(version: FunctionVersion, *, arn: str) -> dict[str, Any]:
    """A FunctionConfiguration as the operations on one function have it; reasons only where there are any."""
    state = {member: value(version) for member, value in _STATE.items()}
    return listed(version, arn=arn) | {member: str(text) for member, text in state.items() if text}


def last_modified(epoch_ms: int) -> str:
    """An instant as `LastModified` writes it: `2024-05-01T12:34:56.789+0000`."""
    instant = _EPOCH + timedelta(milliseconds=epoch_ms)
    return instant.strftime(f"%Y-%m-%dT%H:%M:%S.{epoch_ms % 1000:03}+0000")
