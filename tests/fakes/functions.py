"""Functions in memory, under the same conformance suite as the durable ones."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lambent.model.errors import ResourceConflict
from lambent.model.function import LATEST, FunctionKey, FunctionVersion
from lambent.state.functions import Page, StoredFunction, Usage
from lambent.state.marker import marker_of, name_of

if TYPE_CHECKING:
    from tests.fakes.state import InMemoryAliases, InMemoryRecordStores


def _order(key: FunctionKey) -> tuple[str, str, str, int]:
    return key.account_id, key.region, key.name, 0 if key.version == LATEST else int(key.version)


class InMemoryFunctions:
    """`state.functions.Functions` without a disk; of aliases and records it knows those in its attributes."""

    def __init__(self) -> None:
        self.aliases: InMemoryAliases | None = None
        self.records: InMemoryRecordStores | None = None
        self._stored: dict[FunctionKey, StoredFunction] = {}
        self._numbers: dict[FunctionKey, int] = {}

    async def create(
        self, version: FunctionVersion, *, published: FunctionVersion | None = None
    ) -> None:
        """Add a function."""
        if version.key in self._stored:
            raise ResourceConflict(f"Function already exist: {version.key.name}")
        self._stored[version.key] = StoredFunction(configured=version, active=None)
        if published is not None:
            self._number_and_add(published)

    async def get(self, key: FunctionKey) -> StoredFunction | None:
        """Read one version."""
        return self._stored.get(key)

    async def page(
        self, *, account_id: str, region: str, marker: str, limit: int, every_version: bool = False
    ) -> Page:
        """List functions."""
        name, _, number = name_of(marker).partition(":")
        after = (account_id, region, name, int(number or 2**31))
        return _page(
            [
                stored
                for key, stored in self._ordered()
                if key[:2] == (account_id, region)
                and _order(key) > after
                and (every_version or key.version == LATEST)
            ],
            limit,
        )

    async def versions(self, key: FunctionKey, *, marker: str, limit: int) -> Page:
        """List versions."""
        after = int(name_of(marker).partition(":")[2] or -1)
        return _page([s for k, s in self._of(key) if _order(k)[3] > after], limit)

    async def last_published(self, key: FunctionKey) -> StoredFunction | None:
        """The highest."""
        published = [stored for k, stored in self._of(key) if k.version != LATEST]
        return published[-1] if published else None

    async def publish(
        self,
        version: FunctionVersion,
        *,
        latest: FunctionVersion,
        if_revision: str,
        is_active: bool = False,
    ) -> FunctionVersion | None:
        """Add a version."""
        store = self.activate if is_active else self.replace
        if not await store(latest, if_revision=if_revision):
            return None
        numbered = self._number_and_add(version)
        if is_active:
            await self.activate(numbered, if_revision=numbered.revision_id)
        return numbered

    async def replace(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured."""
        stored = self._at(version.key, if_revision)
        if stored is None:
            return False
        self._stored[version.key] = StoredFunction(configured=version, active=stored.active)
        return True

    async def activate(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured and active."""
        if self._at(version.key, if_revision) is None:
            return False
        self._stored[version.key] = StoredFunction(configured=version, active=version)
        return True

    async def delete(self, key: FunctionKey) -> bool:
        """Remove a function."""
        self._numbers.pop(key, None)
        gone = [k for k, _ in self._of(key)]
        for one in gone:
            del self._stored[one]
        if self.aliases is not None:
            self.aliases.forget(key)
        if self.records is not None:
            self.records.forget(key)
        return bool(gone)

    async def delete_version(self, key: FunctionKey) -> Sequence[str]:
        """Remove a version."""
        aliases = () if self.aliases is None else await self.aliases.all_of(key)
        led = [alias.key.name for alias in aliases if key.version in alias.versions]
        if not led:
            self._stored.pop(key, None)
            if self.records is not None:
                self.records.forget(key.latest, key.version)
        return led

    async def clear(self) -> int:
        """Remove every function."""
        count = sum(key.version == LATEST for key in self._stored)
        self._stored.clear()
        self._numbers.clear()
        if self.aliases is not None:
            self.aliases.clear()
        if self.records is not None:
            self.records.clear()
        return count

    async def usage(self, *, account_id: str, region: str) -> Usage:
        """What an account has in a region."""
        found = [s.configured for k, s in self._ordered() if k[:2] == (account_id, region)]
        return Usage(
            functions=sum(version.key.version == LATEST for version in found),
            code_bytes=sum(version.code_size for version in found),
        )

    async def everything(self) -> Sequence[StoredFunction]:
        """All versions."""
        return [stored for _, stored in self._ordered()]

    async def packages_in_use(self) -> frozenset[str]:
        """The packages that are referred to."""
        return frozenset(
            version.package_sha256
            for stored in self._stored.values()
            for version in (stored.configured, stored.active)
            if version is not None
        )

    def _number_and_add(self, version: FunctionVersion) -> FunctionVersion:
        latest = version.key.latest
        number = self._numbers[latest] = self._numbers.get(latest, 0) + 1
        numbered = replace(version, key=latest._replace(version=str(number)))
        self._stored[numbered.key] = StoredFunction(configured=numbered, active=None)
        return numbered

    def _ordered(self) -> Iterator[tuple[FunctionKey, StoredFunction]]:
        for key in sorted(self._stored, key=_order):
            yield key, self._stored[key]

    def _of(self, key: FunctionKey) -> list[tuple[FunctionKey, StoredFunction]]:
        return [(k, s) for k, s in self._ordered() if k.latest == key.latest]

    def _at(self, key: FunctionKey, revision: str) -> StoredFunction | None:
        stored = self._stored.get(key)
        return stored if stored and stored.configured.revision_id == revision else None


def _page(found: Sequence[StoredFunction], limit: int) -> Page:
    items = found[:limit]
    if len(found) <= limit:
        return Page(items=items, next_marker="")
    last = items[-1].configured.key
    return Page(items=items, next_marker=marker_of(f"{last.name}:{_order(last)[3]}"))
