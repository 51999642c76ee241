"""Identifiers, made in bulk: a `uuid4` a request costs more than the rest of its routing."""

import os
from collections.abc import Callable
from typing import Protocol

_BULK = 16_384


class Ids(Protocol):
    """A source of fresh identifiers."""

    def uuid(self) -> str:
        """A random version 4 UUID in its canonical text form, 36 characters."""
        ...

    def hex(self, characters: int) -> str:
        """`characters` random lower-case hexadecimal digits, at most 64."""
        ...


class RandomIds:
    """Identifiers from the system's randomness, read 8 KiB at a time."""

    def __init__(self, *, randomness: Callable[[int], bytes] = os.urandom) -> None:
        self._randomness = randomness
        self._digits, self._at = "", 0

    def uuid(self) -> str:
        """A random version 4 UUID."""
        d = self.hex(32)
        variant = "89ab"[int(d[16], 16) & 3]
        return f"{d[:8]}-{d[8:12]}-4{d[13:16]}-{variant}{d[17:20]}-{d[20:]}"

    def hex(self, characters: int) -> str:
        """Random hexadecimal digits."""
        end = self._at + characters
        if end > len(self._digits):
            self._digits, self._at, end = self._randomness(_BULK // 2).hex(), 0, characters
        digits = self._digits[self._at : end]
        self._at = end
        return digits
