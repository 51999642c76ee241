"""Loop devices: files as disks. One that is attached here clears itself when its last user goes, whoever that is."""

import errno
import fcntl
import os
import struct
from typing import Final

BLOCK: Final = 4096

_GET_FREE: Final = 0x4C82
_CONFIGURE: Final = 0x4C0A
_AUTOCLEAR: Final = 4
_CONFIG_BYTES: Final = 304


class Loops:
    """Attaches files. Raises OSError where the host has no loop devices."""

    def __init__(self) -> None:
        self._control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)

    def attach(self, file: int) -> tuple[int, str]:
        """Attach `file` to a free device; returns that, open, and its path. Raises OSError."""
        while True:
            path = f"/dev/loop{fcntl.ioctl(self._control, _GET_FREE)}"
            device = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            wanted = struct.pack("<II5Q4I", file, BLOCK, *(0,) * 8, _AUTOCLEAR)
            try:
                fcntl.ioctl(device, _CONFIGURE, wanted.ljust(_CONFIG_BYTES, b"\0"))
            except OSError as error:
                os.close(device)
                if error.errno != errno.EBUSY:  # somebody else was quicker: ask for another
                    raise
            else:
                return device, path

    def close(self) -> None:
        """Attach no more."""
        os.close(self._control)
