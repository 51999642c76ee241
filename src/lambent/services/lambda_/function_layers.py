"""The layers of a function: which it may have, and how large they may be with its code."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from lambent.model.errors import InvalidParameterValue
from lambent.model.function import FunctionVersion, LayerReference
from lambent.model.layer import LayerKey, LayerName, LayerVersion
from lambent.model.limits import MAX_UNZIPPED_BYTES
from lambent.model.request import RequestContext
from lambent.services.lambda_.layer_names import denied, parse_version_arn
from lambent.services.lambda_.layer_policies import ACTION, allows
from lambent.state.blobs import BlobDamaged, BlobMissing
from lambent.state.layers import Layers

_MOST_LAYERS: Final = 5


class Sizes(Protocol):
    """Who knows how large packages are; `catalog.code_store.CodeStore` is one."""

    async def unzipped_bytes(self, sha256: str) -> int:
        """How large a stored package is unpacked."""
        ...


class FunctionLayers:
    """Turns `Layers` of an operation's input into a function's layers."""

    def __init__(self, *, layers: Layers, packages: Sizes) -> None:
        self._layers, self._packages = layers, packages

    async def fields(self, context: RequestContext, members: Mapping[str, Any]) -> dict[str, Any]:
        """The field that `members` give a value for. Raises InvalidParameterValue, AccessDenied."""
        arns: Sequence[str] | None = members.get("Layers")
        if arns is None:
            return {}
        if len(arns) > _MOST_LAYERS:
            raise InvalidParameterValue(f"Cannot reference more than {_MOST_LAYERS} layers.")
        found = []
        seen: dict[LayerName, str] = {}
        for arn in arns:
            version = await self._usable(context, arn)
            layer = version.key.layer
            if layer in seen:
                raise InvalidParameterValue(
                    "Two different versions of the same layer are not allowed to be referenced in the same function. "
                    f"{seen[layer]} and {arn} are versions of the same layer."
                )
            seen[layer] = arn
            found.append(_reference(version))
        layers = tuple(found)
        if sum(layer.unzipped_bytes for layer in layers) > MAX_UNZIPPED_BYTES:
            raise InvalidParameterValue(
                f"Layers consume more than the available size of {MAX_UNZIPPED_BYTES} bytes"
            )
        return {"layers": layers}

    async def demand_room_beside(self, function: FunctionVersion) -> None:
        """As `demand_room` for a function whose package is stored. One that is lost keeps it from running anyway."""
        if not function.layers:
            return
        try:
            code_bytes = await self._packages.unzipped_bytes(function.package_sha256)
        except (BlobMissing, BlobDamaged):
            return
        demand_room(function.layers, code_bytes)

    async def _usable(self, context: RequestContext, arn: str) -> LayerVersion:
        key = parse_version_arn(arn)
        if key is None:  # also those of AWS's own, which have no account
            raise _missing(arn)
        if key.layer.account_id == context.account_id and key.layer.region != context.region:
            raise InvalidParameterValue(
                "Layers are not in the same region as the function. "
                f"Layers are expected to be in region {context.region}."
            )
        version = await self._there(context, key)
        if version is not None and allows(version, context.caller):
            return version
        if key.layer.account_id == context.account_id:
            raise _missing(arn)
        raise denied(context, ACTION, arn)

    async def _there(self, context: RequestContext, key: LayerKey) -> LayerVersion | None:
        return await self._layers.get(key) if key.layer.region == context.region else None


def demand_room(layers: Sequence[LayerReference], code_bytes: int) -> None:
    """Return when code of that size unpacked fits beside `layers`, else raise InvalidParameterValue."""
    whole = code_bytes + sum(layer.unzipped_bytes for layer in layers)
    if layers and whole > MAX_UNZIPPED_BYTES:
        raise InvalidParameterValue(
            f"Function code combined with layers exceeds the maximum allowed size of {MAX_UNZIPPED_BYTES} bytes. "
            f"The actual size is {whole} bytes."
        )


def _reference(version: LayerVersion) -> LayerReference:
    return LayerReference(
        arn=version.key.arn,
        package_sha256=version.package_sha256,
        code_size=version.code_size,
        unzipped_bytes=version.unzipped_bytes,
    )


def _missing(arn: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Layer version {arn} does not exist.")
