"""A dictionary that clients can't fill the memory with."""

from collections.abc import Iterator
from typing import Generic, TypeVar

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class Remembered(Generic[_Key, _Value]):
    """At most `limit` values; the oldest makes room for the newest. `get` is a dictionary's own."""

    def __init__(self, *, limit: int) -> None:
        if limit < 1:
            raise ValueError(f"A limit of {limit} remembers nothing")
        self._limit = limit
        self._values: dict[_Key, _Value] = {}
        self.get = self._values.get

    def put(self, key: _Key, value: _Value) -> None:
        """Remember `value`."""
        values = self._values
        if key not in values and len(values) >= self._limit:
            del values[next(iter(values))]
        values[key] = value

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._values)

    def __iter__(self) -> Iterator[_Key]:
        """The keys, oldest first."""
        return iter(self._values)
