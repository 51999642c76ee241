"""Identifiers that a test can foresee."""


class CountedIds:
    """1, 2, 3 … in the form that is asked for."""

    def __init__(self) -> None:
        self._count = 0

    def uuid(self) -> str:
        """The next identifier as a UUID."""
        self._count += 1
        return f"00000000-0000-4000-8000-{self._count:012x}"

    def hex(self, characters: int) -> str:
        """The next identifier in `characters` hexadecimal digits."""
        self._count += 1
        return f"{self._count:0{characters}x}"
