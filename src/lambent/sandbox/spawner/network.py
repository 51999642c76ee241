"""The network inside a sandbox: a loopback with two listeners that its holder answers, and the end of its cable, if it has one."""

import fcntl
import ipaddress
import socket
import struct
from typing import Final

from lambent.sandbox.network import cables
from lambent.sandbox.spawner import kernel

PORTS: Final = (9001, 4566)
"""The Runtime API, and lambent's own endpoint."""
_HOST_NAME: Final = "169.254.100.1"
_BACKLOG: Final = 128
_SET_INTERFACE_FLAGS: Final = 0x8914
_UP, _RUNNING = 0x1, 0x40


def set_up(address: ipaddress.IPv4Address | None) -> list[socket.socket]:
    """Raise the loopback of the caller's new network namespace, name the host, and return the listeners of PORTS.

    With an address, the cable that was laid here gets it.
    """
    # As on AWS a name that is an address; one's own, where there is one.
    socket.sethostname(str(address or _HOST_NAME))
    kernel.set_domain_name(b"(none)")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        flags = struct.pack("16sH14s", b"lo", _UP | _RUNNING, b"")
        fcntl.ioctl(control, _SET_INTERFACE_FLAGS, flags)
    if address is not None:
        cables.plug_in(address)
    return [_listener(port) for port in PORTS]


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(_BACKLOG)
    return listener
