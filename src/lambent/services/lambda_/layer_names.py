"""A layer's name in all forms that AWS takes: bare, ARN, ARN of a version."""

import re
from collections.abc import Mapping
from typing import Any, Final

from lambent.model.errors import AccessDenied, InvalidParameterValue, ResourceNotFound
from lambent.model.layer import LayerKey, LayerName
from lambent.model.partitions import partition_of
from lambent.model.request import RequestContext

NOT_THERE: Final = "The resource you requested does not exist."
_ARN: Final = re.compile(
    r"arn:(?P<partition>aws[a-zA-Z-]*)?:lambda:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):"
    r"layer:(?P<name>[a-zA-Z0-9_-]+)(?::(?P<version>[0-9]+))?",
    re.ASCII,
)
_LARGEST_VERSION: Final = 2**63 - 1


def read_layer(context: RequestContext, members: Mapping[str, Any]) -> LayerName:
    """The layer that `LayerName` names, of whatever account. Raises ResourceNotFound for another region or partition."""
    given: str = members["LayerName"]
    if not given.startswith("arn:"):
        return LayerName(context.account_id, context.region, given)
    said = _ARN.fullmatch(given)
    if said is None:
        raise ResourceNotFound(NOT_THERE)
    _demand_reachable(context, said)
    return LayerName(said["account"], said["region"], said["name"])


def read_own_layer(
    context: RequestContext, operation: str, members: Mapping[str, Any]
) -> LayerName:
    """As `read_layer`, for what an account does with its own layers alone. Raises AccessDenied for another's."""
    layer = read_layer(context, members)
    if layer.account_id != context.account_id:
        raise denied(context, f"lambda:{operation}", layer.arn)
    return layer


def read_version(layer: LayerName, members: Mapping[str, Any]) -> LayerKey:
    """The version of `layer` that `VersionNumber` names. Raises InvalidParameterValue for a number that none can have."""
    number: int = members["VersionNumber"]
    if number < 1:
        raise InvalidParameterValue("Layer Version Cannot be less than 1")
    return LayerKey(layer, number)


def read_version_arn(context: RequestContext, arn: str) -> LayerKey:
    """The version that an ARN names, of whatever account. Raises ResourceNotFound for another region or partition."""
    said, key = _ARN.fullmatch(arn), parse_version_arn(arn)
    if said is None or key is None:
        raise ResourceNotFound(NOT_THERE)
    _demand_reachable(context, said)
    if key.version < 1:
        raise InvalidParameterValue("Layer Version Cannot be less than 1")
    return key


def parse_version_arn(arn: str) -> LayerKey | None:
    """The version that an ARN names, wherever it is; None for one that no account can have published."""
    said = _ARN.fullmatch(arn)
    if said is None or said["version"] is None:
        return None
    number = int(said["version"])
    if said["partition"] != partition_of(said["region"]).name or number > _LARGEST_VERSION:
        return None
    return LayerKey(LayerName(said["account"], said["region"], said["name"]), number)


def denied(context: RequestContext, action: str, arn: str) -> AccessDenied:
    """What AWS says to who may not do `action` with another account's `arn`."""
    return AccessDenied(
        f"User: {context.caller.arn} is not authorized to perform: {action} on resource: {arn} "
        f"because no resource-based policy allows the {action} action"
    )


def _demand_reachable(context: RequestContext, said: re.Match[str]) -> None:
    if said["region"] != context.region:
        raise ResourceNotFound(
            f"Layers from '{said['region']}' are not reachable in this region ('{context.region}')"
        )
    if said["partition"] != partition_of(context.region).name:
        raise ResourceNotFound(NOT_THERE)
