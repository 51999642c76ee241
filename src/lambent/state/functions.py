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
    """Of all packages as uploaded; one that several functions have counts for each."""


class Functions(Protocol):
    """Functions that survive a crash: every write is on disk when its call returns."""

    async def create(self, version: FunctionVersion) -> None:
        """Add a function. Raises ResourceConflict when the name is taken."""
        ...

    async def get(self, key: FunctionKey) -> StoredFunction | None:
        """Read one function."""
        ...

    async def page(self, *, account_id: str, region: str, marker: str, limit: int) -> Page:
        """List functions of an account and region by name. Raises InvalidParameterValue for a bad marker."""
        ...

    async def replace(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured if the stored revision is `if_revision`; False when somebody was first."""
        ...

    async def activate(self, version: FunctionVersion, *, if_revision: str) -> bool:
        """Store `version` as configured *and* active if the stored revision is `if_revision`."""
        ...

    async def delete(self, key: FunctionKey) -> bool:
        """Remove a function; False when there was none."""
        ...

    async def clear(self) -> int:
        """Remove every function of all accounts and regions, in one transaction; how many there were."""
        ...

    async def usage(self, *, account_id: str, region: str) -> Usage:
        """How many functions an account has in a region, and how large their packages are together."""
        ...

    async def everything(self) -> Sequence[StoredFunction]:
        """All functions of all accounts and regions."""
        ...

    async def packages_in_use(self) -> frozenset[str]:
        """The sha256 of every package that a function, configured or active, refers to."""
        ...
