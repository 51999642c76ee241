"""The port of durable records: what is kept of a function, or of itself, beside functions and aliases.

One `Records` holds one kind, such as event invoke configurations. `tests/state/records_conformance.py` holds every adapter to it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from lambent.model.function import LATEST, FunctionKey

Body = TypeVar("Body")
"""Frozen values that msgspec can write as JSON and read again."""


class RecordKey(NamedTuple):
    """What names a record of its kind."""

    account_id: str
    region: str
    function: str
    """The name of the function that it is kept of and ends with; empty for what stands for itself and outlives functions."""
    id: str
    """Of a function's: the qualifier that it is kept of and ends with (`$LATEST`, a number, an alias), empty for the function
    as a whole. Else its own name."""

    @classmethod
    def of_function(cls, key: FunctionKey, *, qualifier: str = "") -> "RecordKey":
        """The key of what is kept of a function, or of its `qualifier`."""
        return cls(key.account_id, key.region, key.name, qualifier)

    @property
    def function_key(self) -> FunctionKey:
        """The $LATEST of the function that it is kept of."""
        return FunctionKey(self.account_id, self.region, self.function, LATEST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Generic[Body]):
    """A record as it is stored."""

    key: RecordKey
    body: Body
    revision: int
    """Another one after each write; for `put` and `delete`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordPage(Generic[Body]):
    """One page of a list."""

    items: Sequence[Record[Body]]
    next_marker: str
    """Empty on the last page."""


class Records(Protocol[Body]):
    """Records of one kind that survive a crash: every write is on disk when its call returns.

    Deleting a function deletes its records; deleting a version or an alias deletes the records with that qualifier.
    """

    async def create(self, key: RecordKey, body: Body) -> bool:
        """Add one; False when there is one already. Raises OwnerMissing."""
        ...

    async def put(self, key: RecordKey, body: Body, *, if_revision: int | None = None) -> bool:
        """Add it or store it in its place; with `if_revision` only in place of that one: False when somebody was first.

        Raises OwnerMissing when the function, version or alias that it would be kept of is not there.
        """
        ...

    async def get(self, key: RecordKey) -> Record[Body] | None:
        """Read one."""
        ...

    async def delete(self, key: RecordKey, *, if_revision: int | None = None) -> bool:
        """Remove it, with `if_revision` only that one; False when there was none."""
        ...

    async def page(
        self, *, account_id: str, region: str, function: str | None, marker: str, limit: int
    ) -> RecordPage[Body]:
        """List an account's in a region by function and id, those of one function if it is given.

        Raises InvalidParameterValue for a bad marker.
        """
        ...

    async def all_of(self, function: FunctionKey) -> Sequence[Record[Body]]:
        """All of one function, by id."""
        ...

    async def everything(
        self, *, account_id: str | None = None, region: str | None = None
    ) -> Sequence[Record[Body]]:
        """All there are, in the order of their keys; of one account or region if it is given."""
        ...


class RecordStores(Protocol):
    """Gives the records of a kind."""

    def of(self, kind: str, body: type[Body]) -> Records[Body]:
        """Those of `kind`, whose bodies are of the type `body`."""
        ...


class OwnerMissing(Exception):
    """The function, version or alias that a record is kept of is not there."""
