"""Where a driver cannot offer a sandbox's own places, others of the host's stand for them."""

import re
from collections.abc import Callable, Mapping


def mover(places: Mapping[str, str]) -> Callable[[str], str]:
    """Return what puts the host's places for a sandbox's into a value: only where a path or an address of it begins with one."""
    choice = "|".join(re.escape(place) for place in sorted(places, key=len, reverse=True))
    pattern = re.compile(rf"(?<![^:=])(?:{choice})(?![^:/])")

    def move(value: str) -> str:
        return pattern.sub(lambda found: places[found[0]], value)

    return move
