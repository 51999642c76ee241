"""What the rootless driver has instead of loop devices: /tmp in memory."""

from dataclasses import dataclass
from typing import Final

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.formats import Provided
from lambent.sandbox.spawner.storage import Template

_INODES_PER_MB: Final = 64
_ROOT_S_OWN: Final = 2
"""What an empty tmpfs has used of them."""


class MemoryFormats:
    """A tmpfs needs nothing written to be empty."""

    def provide(self, size_mb: int, provided: Provided) -> None:
        """Call `provided` at once: all there is to know is the size."""
        provided(Template(size_bytes=size_mb << 20, extents=()))


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryVolume:
    """An empty tmpfs."""

    tree: int
    directory: None = None


class MemoryVolumes:
    """Makes tmpfs volumes for /tmp: rootless there is no loop device."""

    def make(self, template: Template, *, owner: int) -> MemoryVolume:
        """Make an empty volume that everybody inside may write to, and that leaves nothing to wipe. Raises OSError."""
        inodes = (template.size_bytes >> 20) * _INODES_PER_MB + _ROOT_S_OWN
        tree = kernel.mount_detached(
            "tmpfs",
            options=(
                *(("source", "tmp"), ("mode", "1777")),
                *(("size", str(template.size_bytes)), ("nr_inodes", str(inodes))),
            ),
            attributes=kernel.NO_SETUID | kernel.NO_DEVICES,
        )
        return MemoryVolume(tree=tree)
