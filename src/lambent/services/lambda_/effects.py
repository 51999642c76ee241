"""Which input of the built operations has an effect, and which is refused because it would have none yet.

A member is named by its dotted path. A test walks the model and fails on one that is in neither list. docs/effects.md and
`lambent operations NAME` are made of these.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue
from lambent.services.effects import Effects

EFFECTIVE: Final[Mapping[str, frozenset[str]]] = {
    "CreateFunction": frozenset(
        {
            "FunctionName",
            "Runtime",
            "Role",
            "Handler",
            "Code.ZipFile",
            "Publish",
            "Description",
            "Timeout",
            "MemorySize",
            "Environment",
            "Tags",
            "Architectures",
            "EphemeralStorage",
            "LoggingConfig.LogGroup",
        }
    ),
    "UpdateFunctionCode": frozenset(
        {"FunctionName", "ZipFile", "Architectures", "DryRun", "Publish", "RevisionId"}
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
        }
    ),
    "GetFunction": frozenset({"FunctionName", "Qualifier"}),
    "GetFunctionConfiguration": frozenset({"FunctionName", "Qualifier"}),
    "ListFunctions": frozenset({"FunctionVersion", "Marker", "MaxItems"}),
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
    """A member that has no effect yet."""

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
    *_only("PackageType", "Zip"),
    *_no_effect("PublishTo"),
    *_no_effect(
        "Code.S3Bucket",
        "Code.S3Key",
        "Code.S3ObjectVersion",
        "Code.S3ObjectStorageMode",
        "Code.ImageUri",
        remedy="give the package as Code.ZipFile",
    ),
    *_no_effect("Code.SourceKMSKeyArn", "SourceKMSKeyArn", "KMSKeyArn", unless=_empty),
    *_no_effect(
        "S3Bucket",
        "S3Key",
        "S3ObjectVersion",
        "S3ObjectStorageMode",
        remedy="give the package as ZipFile",
    ),
    *_no_effect(
        "ImageUri",
        sentence="Please don't provide ImageUri when updating a function with packageType Zip.",
    ),
    *_no_effect("VpcConfig", "DeadLetterConfig", "ImageConfig", unless=_empty),
    *_no_effect("Layers", "FileSystemConfigs", "CodeSigningConfigArn", unless=_empty),
    *_only("TracingConfig.Mode", "PassThrough"),
    *_only("SnapStart.ApplyOn", "None"),
    *_only("LoggingConfig.LogFormat", "Text"),
    *_no_effect(
        "LoggingConfig.ApplicationLogLevel",
        "LoggingConfig.SystemLogLevel",
        sentence='LogLevel is not supported when LogFormat is set to "Text". '
        'Remove LogLevel from your request or change the LogFormat to "JSON" and try again.',
    ),
    *_no_effect("TenancyConfig", "CapacityProviderConfig", "DurableConfig"),
    *_no_effect("RuntimeConfig", "AcceleratorConfig", "MasterRegion"),
)

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
        refused={u.path: u.sentence for u in UNSUPPORTED if u.path not in effective},
    )
    for operation, effective in EFFECTIVE.items()
} | {"Invoke": INVOKE}


def refuse_unsupported(members: Mapping[str, Any]) -> None:
    """Return when everything in an operation's input has its effect, else raise InvalidParameterValue naming the member."""
    for unsupported in UNSUPPORTED:
        value = _at(members, unsupported.path)
        if value is None or unsupported.is_harmless(value):
            continue
        raise InvalidParameterValue(unsupported.sentence.replace("{value}", str(value)))


def _at(members: Mapping[str, Any], path: str) -> Any:
    value: Any = members
    for name in path.split("."):
        if value is None:
            return None
        value = value.get(name)
    return value
