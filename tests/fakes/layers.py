"""Layers in memory, under the same conformance suite as the durable ones."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from lambent.model.layer import LayerKey, LayerName, LayerVersion
from lambent.state.layers import Compatible, LayerPage
from lambent.state.marker import marker_of, name_of, number_of


class InMemoryLayers:
    """`state.layers.Layers` without a disk."""

    def __init__(self) -> None:
        self._stored: dict[LayerKey, LayerVersion] = {}
        self._numbers: Counter[LayerName] = Counter()

    async def publish(self, draft: LayerVersion) -> LayerVersion:
        """Store the next version."""
        layer = draft.key.layer
        self._numbers[layer] += 1
        version = replace(draft, key=LayerKey(layer, self._numbers[layer]))
        self._stored[version.key] = version
        return version

    async def get(self, key: LayerKey) -> LayerVersion | None:
        """Read one version."""
        return self._stored.get(key)

    async def replace(self, version: LayerVersion, *, if_revision: str) -> bool:
        """Store `version` in place of itself."""
        stored = self._stored.get(version.key)
        if stored is None or stored.revision_id != if_revision:
            return False
        self._stored[version.key] = version
        return True

    async def delete(self, key: LayerKey) -> bool:
        """Remove a version."""
        return self._stored.pop(key, None) is not None

    async def newest(
        self, *, account_id: str, region: str, compatible: Compatible, marker: str, limit: int
    ) -> LayerPage:
        """The newest compatible version of each layer."""
        after = name_of(marker)
        found = {
            key.layer.name: version
            for key, version in sorted(self._stored.items())
            if key.layer[:2] == (account_id, region)
            and key.layer.name > after
            and _goes_with(version, compatible)
        }
        return _page([found[name] for name in sorted(found)], limit, lambda key: key.layer.name)

    async def versions(
        self, layer: LayerName, *, compatible: Compatible, marker: str, limit: int
    ) -> LayerPage:
        """The compatible versions, newest first."""
        before = number_of(marker)
        found = [
            version
            for key, version in sorted(self._stored.items(), reverse=True)
            if key.layer == layer
            and (not before or key.version < before)
            and _goes_with(version, compatible)
        ]
        return _page(found, limit, lambda key: str(key.version))

    async def code_bytes(self, *, account_id: str, region: str) -> int:
        """All packages together."""
        return sum(
            version.code_size
            for key, version in self._stored.items()
            if key.layer[:2] == (account_id, region)
        )

    async def packages_in_use(self) -> frozenset[str]:
        """The packages of all versions."""
        return frozenset(version.package_sha256 for version in self._stored.values())


def _goes_with(version: LayerVersion, compatible: Compatible) -> bool:
    return (not compatible.runtime or compatible.runtime in (version.runtimes or ())) and (
        not compatible.architecture or compatible.architecture in (version.architectures or ())
    )


def _page(found: Sequence[LayerVersion], limit: int, place: Callable[[LayerKey], str]) -> LayerPage:
    items = found[:limit]
    more = len(found) > limit
    return LayerPage(items=items, next_marker=marker_of(place(items[-1].key)) if more else "")
