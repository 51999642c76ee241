"""What the rootless driver has instead of loop devices: /tmp in memory."""

from typing import Final

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.formats import Provided
from lambent.sandbox.spawner.storage import Template

_INODES_PER_MB: Final = 64


class MemoryFormats:
    """A tmpfs needs nothing written to be empty."""

    def provide(self, size_mb: int, provided: Provided) -> None:
        """Call `provided` at once: all there is to know is the size."""
        provided(Template(size_bytes=size_mb << 20, extents=()))


class MemoryVolumes:
    """Makes tmpfs volumes for /tmp: rootless there is no loop device."""

    def make(self, template: Template, *, owner: int) -> int:
        """Make an empty volume that everybody inside may write to: a detached mount, gone with its last user. Raises OSError."""
        inodes = (template.size_bytes >> 20) * _INODES_PER_MB
        return kernel.mount_detached(
            "tmpfs",
            source="tmp",
            settings={"size": str(template.size_bytes), "nr_inodes": str(inodes), "mode": "1777"},
            attributes=kernel.NO_SETUID | kernel.NO_DEVICES,
        )
