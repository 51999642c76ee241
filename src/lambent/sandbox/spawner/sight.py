"""What an asker may have shown in a sandbox: what its user could read without the spawner, and what root has named for it."""

import errno
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lambent.sandbox.spawner import kernel


def may(found: os.stat_result, *, uid: int, gid: int, others: int) -> bool:
    """Whether its mode lets a user without powers or further groups do what the bits `others` allow everybody."""
    shift = 6 if found.st_uid == uid else 3 if found.st_gid == gid else 0
    wanted = others << shift
    return found.st_mode & wanted == wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """The user that asks, and places below folders closed to it that it may show all the same."""

    uid: int
    gid: int
    shown: Sequence[Path] = ()

    def tree(self, path: str | Path) -> int:
        """A clone of the mount at the directory `path`. Raises OSError, also for what the asker may not see.

        Danger: the asker can exchange what lies in its own directories at any time. What is looked at is a path without links,
        and what is then opened is that very path: a link that came meanwhile is refused.
        """
        if self.uid == 0:
            return kernel.open_tree(str(path))
        real = Path(os.path.realpath(path))
        if not any(real.is_relative_to(place) for place in self.shown) and not self._reaches(real):
            raise PermissionError(errno.EACCES, "not for whoever asks to see", str(path))
        directory = kernel.open_without_links(str(real))
        try:
            return kernel.open_tree("", below=directory)
        finally:
            os.close(directory)

    def _reaches(self, path: Path) -> bool:
        return all(
            may(folder.stat(), uid=self.uid, gid=self.gid, others=stat.S_IXOTH)
            for folder in (path, *path.parents)
        )
