"""What becomes of the input of operations on layers."""

from collections.abc import Mapping
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue
from lambent.services.effects import Effects

_VERSION: Final = frozenset({"LayerName", "VersionNumber"})
_LISTED: Final = frozenset({"CompatibleRuntime", "CompatibleArchitecture", "Marker", "MaxItems"})
_NO_ORGANISATIONS: Final = (
    "No account is known to belong to an organization: what is for its accounts is for none."
)
_ONLY_COPIES: Final = (
    "lambent does not support Content.S3ObjectStorageMode {mode} yet: leave it out."
)

LAYER_EFFECTS: Final[Mapping[str, Effects]] = {
    "PublishLayerVersion": Effects(
        effective=frozenset(
            {
                "LayerName",
                "Description",
                "Content.ZipFile",
                "Content.S3Bucket",
                "Content.S3Key",
                "Content.S3ObjectVersion",
                "CompatibleRuntimes",
                "CompatibleArchitectures",
                "LicenseInfo",
            }
        ),
        refused={
            "Content.S3ObjectStorageMode": _ONLY_COPIES.replace("{mode}", "…"),
        },
    ),
    "GetLayerVersion": Effects(effective=_VERSION),
    "GetLayerVersionByArn": Effects(effective=frozenset({"Arn"})),
    "ListLayers": Effects(effective=_LISTED),
    "ListLayerVersions": Effects(effective=_LISTED | {"LayerName"}),
    "DeleteLayerVersion": Effects(effective=_VERSION),
    "AddLayerVersionPermission": Effects(
        effective=_VERSION | {"StatementId", "Action", "Principal", "RevisionId"},
        without_effect={"OrganizationId": _NO_ORGANISATIONS},
    ),
    "RemoveLayerVersionPermission": Effects(effective=_VERSION | {"StatementId", "RevisionId"}),
    "GetLayerVersionPolicy": Effects(effective=_VERSION),
}


def demand_copy(content: Mapping[str, Any]) -> None:
    """Return when the content of a layer is to be copied, as is usual, else raise InvalidParameterValue."""
    mode = content.get("S3ObjectStorageMode")
    if mode not in {None, "COPY"}:
        raise InvalidParameterValue(_ONLY_COPIES.replace("{mode}", mode))
