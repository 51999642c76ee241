"""The port of durable aliases: named operations, each one transaction. `tests/state/aliases_conformance.py` holds every adapter to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from lambent.model.alias import Alias, AliasKey
from lambent.model.function import FunctionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasPage:
    """One page of a list."""

    items: Sequence[Alias]
    next_marker: str
    """Empty on the last page."""


class Aliases(Protocol):
    """Aliases that survive a crash: every write is on disk when its call returns."""

    async def create(self, alias: Alias) -> None:
        """Add an alias. Raises FunctionNotFound for a version that is not there, ResourceConflict when the name is taken."""
        ...

    async def get(self, key: AliasKey) -> Alias | None:
        """Read one."""
        ...

    async def page(
        self, function: FunctionKey, *, version: str | None, marker: str, limit: int
    ) -> AliasPage:
        """List a function's by name, those that lead to `version` if it is given.

        Raises InvalidParameterValue for a bad marker.
        """
        ...

    async def replace(self, alias: Alias, *, if_revision: str) -> bool:
        """Store it if the stored revision is `if_revision`; False when somebody was first.

        Raises FunctionNotFound for a version that is not there.
        """
        ...

    async def delete(self, key: AliasKey) -> bool:
        """Remove it and the records that are kept of it; False when there was none."""
        ...

    async def all_of(self, function: FunctionKey) -> Sequence[Alias]:
        """All of one function, by name."""
        ...

    async def everything(self) -> Sequence[Alias]:
        """All aliases of all accounts and regions."""
        ...
