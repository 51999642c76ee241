"""Which input of the built operations has an effect, which is stored without one, and which is refused.

A member is named by its dotted path. A test walks the model and fails on one that is in none of the lists. docs/effects.md and
`lambent operations NAME` are made of these.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue
from lambent.services.effects import Effects
from lambent.services.lambda_.effects_layers import LAYER_EFFECTS
from lambent.services.lambda_.effects_mappings import MAPPING_EFFECTS
from lambent.services.lambda_.effects_settings import SETTINGS

EFFECTIVE: Final[Mapping[str, frozenset[str]]] = {
    "CreateFunction": frozenset(
        {
            "FunctionName",
            "Runtime",
            "Role",
            "Handler",
            "Code.ZipFile",
            "Code.S3Bucket",
            "Code.S3Key",
            "Code.S3ObjectVersion",
            "Publish",
            "Description",
            "Timeout",
            "MemorySize",
            "Environment",
            "Tags",
            "Architectures",
            "EphemeralStorage",
            "LoggingConfig.LogGroup",
            "CodeSigningConfigArn",
            "Layers",
        }
    ),
    "UpdateFunctionCode": frozenset(
        {
            "FunctionName",
            "ZipFile",
            "S3Bucket",
            "S3Key",
            "S3ObjectVersion",
            "Architectures",
            "DryRun",
            "Publish",
            "RevisionId",
        }
    ),
    "UpdateFunctionConfiguration": frozenset(
        {
            "FunctionName",
            "Role",
            "Handler",
            "Description",
            "Timeout",
            "MemorySize",
            "Environment",
            "Runtime",
            "RevisionId",
            "EphemeralStorage",
            "LoggingConfig.LogGroup",
            "Layers",
        }
    ),
    "GetFunction": frozenset({"FunctionName", "Qualifier"}),
    "GetFunctionConfiguration": frozenset({"FunctionName", "Qualifier"}),
    "ListFunctions": frozenset({"FunctionVersion", "Marker", "MasterRegion", "MaxItems"}),
    "DeleteFunction": frozenset({"FunctionName", "Qualifier"}),
    "TagResource": frozenset({"Resource", "Tags"}),
    "UntagResource": frozenset({"Resource", "TagKeys"}),
    "ListTags": frozenset({"Resource"}),
    "GetAccountSettings": frozenset(),
    "PublishVersion": frozenset({"FunctionName", "CodeSha256", "Description", "RevisionId"}),
    "ListVersionsByFunction": frozenset({"FunctionName", "Marker", "MaxItems"}),
    "CreateAlias": frozenset(
        {"FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig"}
    ),
    "GetAlias": frozenset({"FunctionName", "Name"}),
    "ListAliases": frozenset({"FunctionName", "FunctionVersion", "Marker", "MaxItems"}),
    "UpdateAlias": frozenset(
        {"FunctionName", "Name", "FunctionVersion", "Description", "RoutingConfig", "RevisionId"}
    ),
    "DeleteAlias": frozenset({"FunctionName", "Name"}),
    "PutFunctionConcurrency": frozenset({"FunctionName", "ReservedConcurrentExecutions"}),
    "GetFunctionConcurrency": frozenset({"FunctionName"}),
    "DeleteFunctionConcurrency": frozenset({"FunctionName"}),
    "PutProvisionedConcurrencyConfig": frozenset(
        {"FunctionName", "Qualifier", "ProvisionedConcurrentExecutions"}
    ),
    "GetProvisionedConcurrencyConfig": frozenset({"FunctionName", "Qualifier"}),
    "DeleteProvisionedConcurrencyConfig": frozenset({"FunctionName", "Qualifier"}),
    "ListProvisionedConcurrencyConfigs": frozenset({"FunctionName", "Marker", "MaxItems"}),
}
"""Of control's operations."""


def _never(_value: Any) -> bool:
    return False


def _empty(value: Any) -> bool:
    """Whether `value` asks for nothing: false, empty, or made of such."""
    if isinstance(value, dict):
        return all(_empty(member) for member in value.values())
    return not value


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsupported:
    """A member that is refused by name."""

    path: str
    is_harmless: Callable[[Any], bool]
    """Whether a value asks for no more than AWS does when it is left out."""
    sentence: str
    """What the caller reads; `{value}` stands for the value."""


def _no_effect(
    *paths: str, unless: Callable[[Any], bool] = _never, sentence: str = "", remedy: str = ""
) -> list[Unsupported]:
    return [
        Unsupported(
            path=path,
            is_harmless=unless,
            sentence=sentence
            or f"lambent does not support {path} yet: {remedy or 'leave it out'}.",
        )
        for path in paths
    ]


def _only(path: str, default: str) -> list[Unsupported]:
    """An enumeration of which only AWS's default is there yet."""
    sentence = f"lambent does not support {path} {{value}} yet: leave it out."
    return _no_effect(path, unless=lambda value: bool(value == default), sentence=sentence)


UNSUPPORTED: Final[Sequence[Unsupported]] = (
    *_no_effect(
        "PackageType",
        unless=lambda value: bool(value == "Zip"),
        sentence="lambent does not run container images yet: give a zip and leave PackageType out.",
    ),
    *_no_effect("PublishTo"),
    *_only("Code.S3ObjectStorageMode", "COPY"),
    *_only("S3ObjectStorageMode", "COPY"),
    *_no_effect(
        "ImageUri",
        sentence="Please don't provide ImageUri when updating a function with packageType Zip.",
    ),
    *_no_effect(
        "ImageConfig",
        unless=_empty,
        sentence="lambent does not run container images yet: leave ImageConfig out.",
    ),
    # What follows would be a lie about safety, or about what the function runs on, if it were stored without effect.
    *_no_effect(
        "TenancyConfig",
        sentence="lambent does not keep the execution environments of tenants apart: leave TenancyConfig out.",
    ),
    *_no_effect(
        "DurableConfig",
        sentence="lambent does not run durable executions yet: leave DurableConfig out.",
    ),
    *_no_effect(
        "CapacityProviderConfig",
        sentence="lambent has no capacity providers: leave CapacityProviderConfig out.",
    ),
    *_no_effect(
        "AcceleratorConfig",
        sentence="lambent gives functions no accelerators: leave AcceleratorConfig out.",
    ),
    *_no_effect(
        "RuntimeConfig",
        sentence="lambent has no customer-managed runtimes: leave RuntimeConfig out.",
    ),
)

_REFUSED_BY_THEIR_OPERATION: Final = {
    # AWS's own words for it, misleading as they are (seen by users who left PackageType out).
    "Code.ImageUri": "Please provide a source for function code.",
}

_NO_KMS: Final = "There is no KMS here"
WITHOUT_EFFECT: Final[Mapping[str, str]] = {
    "VpcConfig": "There are no VPCs here: it has the network that every function has.",
    "DeadLetterConfig": "Functions are not called asynchronously yet, so that there are no events to send there.",
    "KMSKeyArn": f"{_NO_KMS}: environment variables are stored in plain.",
    "SourceKMSKeyArn": f"{_NO_KMS}: packages are encrypted with the key of the data directory.",
    "Code.SourceKMSKeyArn": f"{_NO_KMS}: packages are encrypted with the key of the data directory.",
    "FileSystemConfigs": "There are no EFS and no S3 file systems here: nothing is mounted.",
    "TracingConfig.Mode": "No traces are recorded yet.",
    "SnapStart.ApplyOn": "No snapshots are made: published versions start like others.",
    "LoggingConfig.LogFormat": "Logs are written as text whatever the format is.",
    "LoggingConfig.ApplicationLogLevel": "Lines of every level are kept.",
    "LoggingConfig.SystemLogLevel": "Lines of every level are kept.",
}
"""What is accepted, stored and shown as AWS does it, but changes nothing yet; and why."""

_HARMLESS: Final = {
    "TracingConfig.Mode": "PassThrough",
    "SnapStart.ApplyOn": "None",
    "LoggingConfig.LogFormat": "Text",
}
"""The values of these that ask for nothing."""

INVOKE: Final = Effects(
    effective=frozenset(
        {"FunctionName", "Qualifier", "InvocationType", "LogType", "ClientContext", "Payload"}
    ),
    refused={
        "DurableExecutionName": "Invoke of durable executions is not implemented yet.",
        "TenantId": "The invoked function is not enabled with tenancy configuration. "
        "Remove the tenant ID from your request and try again.",
    },
)
"""The edge's own operation, which refuses by itself."""

EFFECTS: Final[Mapping[str, Effects]] = {
    operation: Effects(
        effective=effective,
        refused={u.path: u.sentence for u in UNSUPPORTED if u.path not in effective}
        | _REFUSED_BY_THEIR_OPERATION,
        without_effect=WITHOUT_EFFECT,
        harmless=_HARMLESS,
    )
    for operation, effective in EFFECTIVE.items()
} | {"Invoke": INVOKE, **SETTINGS, **MAPPING_EFFECTS, **LAYER_EFFECTS}


def refuse_unsupported(members: Mapping[str, Any]) -> None:
    """Return when everything in an operation's input has its effect, else raise InvalidParameterValue naming the member."""
    for unsupported in UNSUPPORTED:
        value = _at(members, unsupported.path)
        if value is None or unsupported.is_harmless(value):
            continue
        raise InvalidParameterValue(unsupported.sentence.replace("{value}", str(value)))


def without_effect(members: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """What in an operation's input asks for something that it will not get: path and reason."""
    asked = ((path, _at(members, path), why) for path, why in WITHOUT_EFFECT.items())
    return [
        (path, why)
        for path, value, why in asked
        if not _empty(value) and value != _HARMLESS.get(path)
    ]


def _at(members: Mapping[str, Any], path: str) -> Any:
    value: Any = members
    for name in path.split("."):
        if value is None:
            return None
        value = value.get(name)
    return value
