"""What becomes of each input member of the operations that are built: nothing is taken and then ignored in silence."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Fate(StrEnum):
    """What becomes of a member."""

    EFFECTIVE = "effective"
    REFUSED = "refused"
    """Unless its value asks for no more than AWS does when it is left out."""
    WITHOUT_EFFECT = "without effect"
    """Taken, and nothing comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One member, or all that lie in it, and its fate."""

    path: str
    """Dotted: `Code.ZipFile`."""
    fate: Fate
    note: str = ""
    """What the caller is told of one that is refused, or why one has no effect."""
    harmless: str = ""
    """Of one without effect: the value that asks for nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """Of one operation. A path stands for all that lies in it; one that the operation does not have stands for nothing."""

    effective: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    """Path -> what the caller is told."""
    without_effect: Mapping[str, str] = field(default_factory=dict)
    """Path -> why."""
    harmless: Mapping[str, str] = field(default_factory=dict)
    """Path of one without effect -> the value, if not merely nothing, that asks for nothing."""

    def members(self, paths: Iterable[str]) -> Sequence[Member]:
        """The fates of an input whose leaves the model has at `paths`.

        Raises ValueError for a leaf that has no fate or more than one.
        """
        listed = [Member(path=path, fate=Fate.EFFECTIVE) for path in self.effective]
        listed += [Member(path=p, fate=Fate.REFUSED, note=n) for p, n in self.refused.items()]
        listed += [
            Member(path=p, fate=Fate.WITHOUT_EFFECT, note=n, harmless=self.harmless.get(p, ""))
            for p, n in self.without_effect.items()
        ]
        found: dict[str, Member] = {}
        for path in paths:
            fates = [member for member in listed if _lies_in(path, member.path)]
            if len(fates) != 1:
                raise ValueError(f"{path} has {len(fates)} fates")
            found[fates[0].path] = fates[0]
        return list(found.values())


def _lies_in(path: str, listed: str) -> bool:
    return path == listed or path.startswith(f"{listed}.")
