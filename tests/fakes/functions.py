"""Functions in memory, under the same conformance suite as the durable ones."""

from collections.abc import Sequence

from lambent.model.errors import ResourceConflict
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.state.functions import Page, StoredFunction, Usage
from lambent.state.marker import marker_of, name_of

_Name = tuple[str, str, str]


def _name(key: FunctionKey) -> _Name:
    return key.account_id, key.region, key.name


class InMemoryFunctions:
    """`state.functions.Functions` without a disk."""

    def __init__(self) -> None:
        self._stored: dict[_Name, StoredFunction] = {}

    async def create(self, version: FunctionVersion) -> None:
        """Add a function."""
        if _name(version.key) in self._stored:
            raise ResourceConflict(f"Function already exist: {version.key.name}")
        self._stored[_name(version.key)] = StoredFunction(configured=version, active=None)

    async def get(self, key: FunctionKey) -> StoredFunction | None:
        """Read one function."""
        return self._stored.get(_name(key))

    async def page(self, *, account_id: str, region: str, marker: str, limit: int) -> Page:
        """List functions."""
        after = name_of(marker)
        rest = [
            self._stored[name]
            for name in sorted(self._stored)
            if name[:2] == (account_id, region) and name[2] > after
        ]
        items = rest[:limit]
        more = len(rest) > limit
        return Page(
            items=items, next_marker=marker_of(items[-1].configured.key.name) if more else ""
        )

    async def replace(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured."""
        stored = self._at(version.key, if_revision)
        if stored is None:
            return False
        self._stored[_name(version.key)] = StoredFunction(configured=version, active=stored.active)
        return True

    async def activate(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured and active."""
        if self._at(version.key, if_revision) is None:
            return False
        self._stored[_name(version.key)] = StoredFunction(configured=version, active=version)
        return True

    async def delete(self, key: FunctionKey) -> bool:
        """Remove a function."""
        return self._stored.pop(_name(key), None) is not None

    async def clear(self) -> int:
        """Remove every function."""
        count = len(self._stored)
        self._stored.clear()
        return count

    async def usage(self, *, account_id: str, region: str) -> Usage:
        """What an account has in a region."""
        sizes = [
            stored.configured.code_size
            for name, stored in self._stored.items()
            if name[:2] == (account_id, region)
        ]
        return Usage(functions=len(sizes), code_bytes=sum(sizes))

    async def everything(self) -> Sequence[StoredFunction]:
        """All functions."""
        return [self._stored[name] for name in sorted(self._stored)]

    async def packages_in_use(self) -> frozenset[str]:
        """The packages that are referred to."""
        return frozenset(
            version.package_sha256
            for stored in self._stored.values()
            for version in (stored.configured, stored.active)
            if version is not None
        )

    def _at(self, key: FunctionKey, revision: str) -> StoredFunction | None:
        stored = self._stored.get(_name(key))
        return stored if stored and stored.configured.revision_id == revision else None
