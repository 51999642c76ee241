"""A function's configuration as the control plane stores it and the edge runs it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from lambent.model.arn import function_arn
from lambent.model.settings import (
    FileSystem,
    LogFormat,
    LogLevels,
    SnapStart,
    TracingMode,
    VpcSettings,
)

LATEST: Final = "$LATEST"


class State(StrEnum):
    """AWS's `State`."""

    PENDING = "Pending"
    ACTIVE = "Active"
    FAILED = "Failed"


class UpdateStatus(StrEnum):
    """AWS's `LastUpdateStatus`."""

    SUCCESSFUL = "Successful"
    FAILED = "Failed"
    IN_PROGRESS = "InProgress"


class FunctionKey(NamedTuple):
    """What names one version of one function; a tuple, because it is looked up with every call."""

    account_id: str
    region: str
    name: str
    version: str = LATEST

    @property
    def latest(self) -> "FunctionKey":
        """The $LATEST of the same function."""
        return self._replace(version=LATEST)

    @property
    def unqualified_arn(self) -> str:
        """The function's ARN without its version."""
        return function_arn(region=self.region, account_id=self.account_id, name=self.name)

    @property
    def arn(self) -> str:
        """The version's own, qualified ARN."""
        return function_arn(
            region=self.region,
            account_id=self.account_id,
            name=self.name,
            qualifier=self.version,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerReference:
    """A layer version as a function has it: what it needs to run outlives the layer version's deletion."""

    arn: str
    """Of the layer version."""
    package_sha256: str
    code_size: int
    """Of the zip, in bytes."""
    unzipped_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionVersion:
    """One version's whole configuration; a change makes a new value with a new `revision_id`."""

    key: FunctionKey
    revision_id: str
    runtime: str
    handler: str
    role: str
    architecture: str
    package_sha256: str
    """Of the zip as uploaded, 64 lower-case hexadecimal digits; names the blob and the unpacked tree."""
    code_size: int
    """Of the zip, in bytes."""
    last_modified_ms: int
    description: str = ""
    latest_description: str | None = None
    """Of a version that was given a description of its own: the one that $LATEST had then; None where it is the same."""
    timeout_seconds: int = 3
    memory_mb: int = 128
    ephemeral_storage_mb: int = 512
    environment: Mapping[str, str] | None = None
    """None: never given, so that no `Environment` is answered."""
    log_group: str = ""
    """The group's name, always filled in: `/aws/lambda/NAME` unless one was chosen."""
    log_format: LogFormat = LogFormat.TEXT
    log_levels: LogLevels | None = None
    """None unless the format is JSON."""
    tracing: TracingMode = TracingMode.PASSIVE
    snap_start: SnapStart = SnapStart.NONE
    vpc: VpcSettings | None = None
    """None: never given, so that no `VpcConfig` is answered."""
    dead_letter_arn: str = ""
    """Empty for none, as the keys' ARNs below."""
    kms_key_arn: str = ""
    source_kms_key_arn: str = ""
    file_systems: tuple[FileSystem, ...] = ()
    state: State = State.PENDING
    state_reason: str = ""
    state_reason_code: str = ""
    update_status: UpdateStatus | None = None
    """None while the first activation is pending."""
    update_reason: str = ""
    update_reason_code: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    code_signing_config_arn: str = ""
    """The function's, kept with its $LATEST alone as tags are; empty for none."""
    layers: tuple[LayerReference, ...] = ()
    """In the order of their merging at /opt: of two files with the same path the later layer's counts."""
