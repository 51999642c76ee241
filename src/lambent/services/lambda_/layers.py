"""PublishLayerVersion, GetLayerVersion, GetLayerVersionByArn, ListLayers, ListLayerVersions, DeleteLayerVersion."""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.errors import ResourceNotFound
from lambent.model.layer import LayerKey, LayerVersion
from lambent.model.request import RequestContext
from lambent.services.lambda_.code import Intake, demand_one_source
from lambent.services.lambda_.effects_layers import demand_copy
from lambent.services.lambda_.functions import Links
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.layer_names import (
    NOT_THERE,
    denied,
    read_layer,
    read_own_layer,
    read_version,
    read_version_arn,
)
from lambent.services.lambda_.layer_policies import ACTION, allows
from lambent.services.lambda_.rules import RuntimeNames
from lambent.services.lambda_.shape import last_modified
from lambent.state.layers import Compatible, LayerPage, Layers
from lambent.wire.constraints import Failure, refuse

_MOST_LISTED: Final = 50
_ARCHITECTURES: Final = ("x86_64", "arm64")


class LayerOperations:
    """Layers and their versions."""

    def __init__(
        self,
        *,
        layers: Layers,
        intake: Intake,
        links: Links,
        runtimes: RuntimeNames,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._layers, self._intake = layers, intake
        self._links, self._runtimes = links, runtimes
        self._clock, self._ids = clock, ids

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "PublishLayerVersion": self.publish_layer_version,
            "GetLayerVersion": self.get_layer_version,
            "GetLayerVersionByArn": self.get_layer_version_by_arn,
            "ListLayers": self.list_layers,
            "ListLayerVersions": self.list_layer_versions,
            "DeleteLayerVersion": self.delete_layer_version,
        }

    async def publish_layer_version(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Store a package as the next version of a layer, which is new with its first."""
        layer = read_own_layer(context, "PublishLayerVersion", members)
        demand_copy(members["Content"])
        refuse(self._incompatible(members))
        demand_one_source(members["Content"])
        package = await self._intake.keep(members["Content"], region=layer.region, arn=layer.arn)
        draft = LayerVersion(
            key=LayerKey(layer, 0),
            package_sha256=package.sha256,
            code_size=package.size,
            unzipped_bytes=package.unzipped_bytes,
            created_ms=self._clock.epoch_ms(),
            description=members.get("Description") or "",
            runtimes=_given(members.get("CompatibleRuntimes")),
            architectures=_given(members.get("CompatibleArchitectures")),
            license_info=members.get("LicenseInfo"),
            revision_id=self._ids.uuid(),
        )
        return self._shown(context, await self._layers.publish(draft))

    async def get_layer_version(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show a version, and where its package can be fetched."""
        layer = read_layer(context, members)
        return self._shown(context, await self._usable(context, read_version(layer, members)))

    async def get_layer_version_by_arn(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """As GetLayerVersion."""
        key = read_version_arn(context, members["Arn"])
        return self._shown(context, await self._usable(context, key))

    async def list_layers(self, context: RequestContext, members: dict[str, Any]) -> dict[str, Any]:
        """The newest version of each layer that goes with what is asked for."""
        page = await self._layers.newest(
            account_id=context.account_id,
            region=context.region,
            compatible=self._compatible(members),
            **_bounds(members),
        )
        layers = [
            {
                "LayerName": version.key.layer.name,
                "LayerArn": version.key.layer.arn,
                "LatestMatchingVersion": _listed(version),
            }
            for version in page.items
        ]
        return {"Layers": layers} | _more(page)

    async def list_layer_versions(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """The versions of a layer, the newest first; none of a layer that is not there."""
        layer = read_own_layer(context, "ListLayerVersions", members)
        page = await self._layers.versions(
            layer, compatible=self._compatible(members), **_bounds(members)
        )
        return {"LayerVersions": [_listed(version) for version in page.items]} | _more(page)

    async def delete_layer_version(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Delete a version; functions that have it keep it, and one that is not there counts as deleted."""
        layer = read_own_layer(context, "DeleteLayerVersion", members)
        await self._layers.delete(read_version(layer, members))
        return {}

    async def _usable(self, context: RequestContext, key: LayerKey) -> LayerVersion:
        """A version that the caller may use; whose layer it is not learns no more than that of any other."""
        version = await self._layers.get(key)
        if version is not None and allows(version, context.caller):
            return version
        if key.layer.account_id == context.account_id:
            raise ResourceNotFound(NOT_THERE)
        raise denied(context, ACTION, key.arn)

    def _compatible(self, members: Mapping[str, Any]) -> Compatible:
        runtime = members.get("CompatibleRuntime") or ""
        if runtime:
            refuse(self._unknown_runtimes([runtime], "compatibleRuntime", shown=runtime))
        return Compatible(runtime=runtime, architecture=members.get("CompatibleArchitecture") or "")

    def _incompatible(self, members: Mapping[str, Any]) -> Iterator[Failure]:
        """What AWS finds wrong with what a version is said to go with (recorded: both are named, in these words)."""
        runtimes = members.get("CompatibleRuntimes") or ()
        yield from self._unknown_runtimes(runtimes, "compatibleRuntimes", shown=_printed(runtimes))
        architectures = members.get("CompatibleArchitectures") or ()
        if not set(architectures) <= set(_ARCHITECTURES):
            yield Failure(
                value=_printed(architectures),
                path="compatibleArchitectures",
                constraint=f"Member must satisfy constraint: [{_one_of(_ARCHITECTURES)}]",
            )

    def _unknown_runtimes(
        self, given: Sequence[str | None], path: str, *, shown: str
    ) -> Iterator[Failure]:
        if not all(runtime is not None and self._runtimes.is_known(runtime) for runtime in given):
            yield Failure(value=shown, path=path, constraint=_one_of(self._runtimes.supported()))

    def _shown(self, context: RequestContext, version: LayerVersion) -> dict[str, Any]:
        sha256 = version.package_sha256
        content = {
            "CodeSha256": base64.b64encode(bytes.fromhex(sha256)).decode(),
            "CodeSize": version.code_size,
        }
        if context.host:  # HTTP/1.0 may leave it out, and then no link leads back here
            content["Location"] = self._links.url(host=context.host, sha256=sha256)
        return {"Content": content, "LayerArn": version.key.layer.arn} | _listed(version)


def _listed(version: LayerVersion) -> dict[str, Any]:
    """A version as lists have it: without its content."""
    shown: dict[str, Any] = {
        "LayerVersionArn": version.key.arn,
        "Version": version.key.version,
        "Description": version.description,
        "CreatedDate": last_modified(version.created_ms),
    }
    if version.runtimes is not None:
        shown["CompatibleRuntimes"] = list(version.runtimes)
    if version.architectures is not None:
        shown["CompatibleArchitectures"] = list(version.architectures)
    if version.license_info is not None:
        shown["LicenseInfo"] = version.license_info
    return shown


def _printed(values: Iterable[str | None]) -> str:
    """A list as Java's toString writes it."""
    return f"[{', '.join('null' if value is None else value for value in values)}]"


def _one_of(values: Iterable[str]) -> str:
    return f"Member must satisfy enum value set: [{', '.join(values)}]"


def _given(values: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)


def _bounds(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "marker": members.get("Marker") or "",
        "limit": members.get("MaxItems") or _MOST_LISTED,
    }


def _more(page: LayerPage) -> dict[str, str]:
    return {"NextMarker": page.next_marker} if page.next_marker else {}
