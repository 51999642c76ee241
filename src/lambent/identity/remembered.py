"""A dictionary that clients can't fill the memory with."""

from typing import Final, Generic, TypeVar

_Value = TypeVar("_Value")
_LONGEST_KEY: Final = 512


class Remembered(Generic[_Value]):
    """At most `limit` values under short texts; the oldest makes room for the newest. `get` is a dictionary's own."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._values: dict[bytes, _Value] = {}
        self.get = self._values.get

    def put(self, text: bytes, value: _Value) -> None:
        """Remember `value`, unless the text is so long that nobody honest sends it twice."""
        values = self._values
        if len(text) > _LONGEST_KEY:
            return
        if text not in values and len(values) >= self._limit:
            del values[next(iter(values))]
        values[text] = value

    def __len__(self) -> int:
        """How many are remembered."""
        return len(self._values)
