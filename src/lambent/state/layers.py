"""The port of durable layers: named operations, each one transaction. `tests/state/layers_conformance.py` holds every adapter to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from lambent.model.layer import LayerKey, LayerName, LayerVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class Compatible:
    """Which versions are listed: those that say they go with a runtime, and with an architecture; empty for all."""

    runtime: str = ""
    architecture: str = ""


ANYTHING: Final = Compatible()


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerPage:
    """One page of a list."""

    items: Sequence[LayerVersion]
    next_marker: str
    """Empty on the last page."""


class Layers(Protocol):
    """Layer versions that survive a crash: every write is on disk when its call returns."""

    async def publish(self, draft: LayerVersion) -> LayerVersion:
        """Store `draft` as the next version of its layer, whatever number it bears; what was stored.

        A number is never given a second time, also when its version was deleted.
        """
        ...

    async def get(self, key: LayerKey) -> LayerVersion | None:
        """Read one version."""
        ...

    async def replace(self, version: LayerVersion, *, if_revision: str) -> bool:
        """Store `version` in place of itself if the stored revision is `if_revision`; False when somebody was first."""
        ...

    async def delete(self, key: LayerKey) -> bool:
        """Remove a version; False when there was none."""
        ...

    async def newest(
        self, *, account_id: str, region: str, compatible: Compatible, marker: str, limit: int
    ) -> LayerPage:
        """Of each layer that has a compatible version the newest such, by the layers' names.

        Raises InvalidParameterValue for a bad marker.
        """
        ...

    async def versions(
        self, layer: LayerName, *, compatible: Compatible, marker: str, limit: int
    ) -> LayerPage:
        """A layer's compatible versions, the newest first. Raises InvalidParameterValue for a bad marker."""
        ...

    async def code_bytes(self, *, account_id: str, region: str) -> int:
        """How large the packages of all versions of an account in a region are together, as uploaded."""
        ...

    async def packages_in_use(self) -> frozenset[str]:
        """The sha256 of every package that a version has."""
        ...
