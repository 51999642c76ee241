"""The port of durable functions: named operations, each one transaction. `tests/state/functions_conformance.py` holds every adapter to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lambent.model.function import FunctionKey, FunctionVersion


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFunction:
    """A function as it is configured, and as it runs meanwhile."""

    configured: FunctionVersion
    active: FunctionVersion | None
    """The last version that was activated; None until the first activation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list."""

    items: Sequence[StoredFunction]
    next_marker: str
    """Empty on the last page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What an account has in a region."""

    functions: int
    code_bytes: int
    """Of all packages as uploaded; one that several versions have counts for each."""


class Functions(Protocol):
    """Functions that survive a crash: every write is on disk when its call returns."""

    async def create(
        self, version: FunctionVersion, *, published: FunctionVersion | None = None
    ) -> None:
        """Add a function by its $LATEST, and `published` as its version 1. Raises ResourceConflict when the name is taken."""
        ...

    async def get(self, key: FunctionKey) -> StoredFunction | None:
        """Read one version of a function."""
        ...

    async def page(
        self, *, account_id: str, region: str, marker: str, limit: int, every_version: bool = False
    ) -> Page:
        """List functions of an account and region by name, each by its $LATEST, with `every_version` the others after it.

        Raises InvalidParameterValue for a bad marker.
        """
        ...

    async def versions(self, key: FunctionKey, *, marker: str, limit: int) -> Page:
        """List the versions of a function, $LATEST first. Raises InvalidParameterValue for a bad marker."""
        ...

    async def last_published(self, key: FunctionKey) -> StoredFunction | None:
        """The published version of a function that has the highest number."""
        ...

    async def publish(
        self,
        version: FunctionVersion,
        *,
        latest: FunctionVersion,
        if_revision: str,
        is_active: bool = False,
    ) -> FunctionVersion | None:
        """Add `version` under the next number, and store `latest` as configured if its stored revision is `if_revision`.

        With `is_active` both are active as well from then on.

        The version as stored, with its number, which was never given before; None, and nothing stored, when somebody was first.
        """
        ...

    async def replace(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured if the stored revision is `if_revision`; False when somebody was first."""
        ...

    async def activate(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured *and* active if the stored revision is `if_revision`."""
        ...

    async def delete(self, key: FunctionKey) -> bool:
        """Remove a function with its versions, aliases and records; False when there was none."""
        ...

    async def delete_version(self, key: FunctionKey) -> Sequence[str]:
        """Remove a published version and its records, unless aliases lead to it: their names, none when it is gone."""
        ...

    async def clear(self) -> int:
        """Remove everything of all accounts and regions, in one transaction; how many functions there were."""
        ...

    async def usage(self, *, account_id: str, region: str) -> Usage:
        """How many functions an account has in a region, and how large their packages are together."""
        ...

    async def everything(self) -> Sequence[StoredFunction]:
        """All versions of all functions of all accounts and regions."""
        ...

    async def packages_in_use(self) -> frozenset[str]:
        """The sha256 of every package that a version, configured or active, refers to."""
        ...
