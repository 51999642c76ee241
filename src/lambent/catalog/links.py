"""Whether a symbolic link of a package stays inside it, whatever other links lie on its way."""

from collections.abc import Mapping
from typing import Final

_MOST_HOPS: Final = 40
_MOST_STEPS: Final = 1_000_000


class Links:
    """The links of one package: path -> target, both relative and `/`-separated."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self._targets = targets
        self._steps = 0

    def stay_inside(self) -> bool:
        """Whether no link can lead out of the package; too long a chase counts as leading out."""
        return all(self._stays_inside(path) for path in self._targets)

    def _stays_inside(self, path: str) -> bool:
        """Walk the way as the kernel would: a link on it is replaced by where it leads."""
        at: list[str] = []
        ahead = path.split("/")[::-1]
        hops = 0
        while ahead:
            self._steps += 1
            if self._steps > _MOST_STEPS:
                return False
            part = ahead.pop()
            if part == "..":
                if not at:
                    return False
                at.pop()
                continue
            if part in {"", "."}:
                continue
            at.append(part)
            target = self._targets.get("/".join(at))
            if target is None:
                continue
            hops += 1
            if hops > _MOST_HOPS or target.startswith("/"):
                return False
            at.pop()
            ahead.extend(target.split("/")[::-1])
        return True
