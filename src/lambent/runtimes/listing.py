"""In which order AWS lists runtimes when it refuses one that it does not have."""

from collections.abc import Iterable, Sequence
from typing import Final

_MASK: Final = 0xFFFF_FFFF
_FEWEST_BUCKETS: Final = 16


def as_listed(identifiers: Iterable[str]) -> Sequence[str]:
    """`identifiers`, given in the order of the Lambda model, as AWS's refusals list them.

    That is the order of a hash set of Java's, which holds for the lists of two years that were recorded.
    """
    names = list(identifiers)
    buckets = _FEWEST_BUCKETS
    while len(names) * 4 > buckets * 3:
        buckets *= 2
    return sorted(names, key=lambda name: _spread(name) % buckets)


def _spread(text: str) -> int:
    """The hash of a text of ASCII characters, as Java's hash tables use it."""
    value = 0
    for character in text:
        value = (31 * value + ord(character)) & _MASK
    return value ^ (value >> 16)
