"""What must be kept of packages and trees: whatever a function or a layer version refers to."""

from collections.abc import Sequence
from typing import Protocol

from lambent.catalog.opt_tree import opt_tree_name
from lambent.state.functions import StoredFunction


class _Functions(Protocol):
    """The durable functions; `state.functions.Functions` is one."""

    async def everything(self) -> Sequence[StoredFunction]:
        """All functions of all accounts and regions."""
        ...

    async def packages_in_use(self) -> frozenset[str]:
        """The packages that functions have as their code."""
        ...


class _Layers(Protocol):
    """The durable layers; `state.layers.Layers` is one."""

    async def packages_in_use(self) -> frozenset[str]:
        """The packages of layer versions."""
        ...


class InUse:
    """Knows the names that `code_store.CodeStore.collect` has to leave."""

    def __init__(self, *, functions: _Functions, layers: _Layers) -> None:
        self._functions, self._layers = functions, layers

    async def names(self) -> frozenset[str]:
        """Packages of functions, of layer versions, of layers that functions have though they were deleted, and the trees of these."""
        found = set(await self._functions.packages_in_use() | await self._layers.packages_in_use())
        for stored in await self._functions.everything():
            for version in (stored.configured, stored.active):
                if version is not None and version.layers:
                    found.update(layer.package_sha256 for layer in version.layers)
                    found.add(opt_tree_name(version.layers))
        return frozenset(found)
