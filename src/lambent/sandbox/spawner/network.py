"""The network inside a sandbox: a loopback of its own, and two listeners on it that its holder answers."""

import fcntl
import socket
import struct
from typing import Final

from lambent.sandbox.spawner import kernel

PORTS: Final = (9001, 4566)
"""The Runtime API, and lambent's own endpoint."""
_HOST_NAME: Final = "169.254.100.1"
_BACKLOG: Final = 128
_SET_INTERFACE_FLAGS: Final = 0x8914
_UP, _RUNNING = 0x1, 0x40


def set_up() -> list[socket.socket]:
    """Raise the loopback of the caller's new network namespace, name the host, and return the listeners of PORTS."""
    socket.sethostname(_HOST_NAME)
    kernel.set_domain_name(b"(none)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.pack("16sH14s", b"lo", _UP | _RUNNING, b"")
        fcntl.ioctl(control, _SET_INTERFACE_FLAGS, flags)
    return [_listener(port) for port in PORTS]


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_BACKLOG)
    return listener
