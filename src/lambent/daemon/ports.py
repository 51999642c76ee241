"""The public port: its listeners, and who has it when it is taken."""

import errno
import os
import socket
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from lambent.daemon.failure import StartFailure

_BACKLOG: Final = 4096
_TRIES: Final = 20
_IPV4_LOCAL: Final = ("127.0.0.1", "0.0.0.0")  # noqa: S104  compared with, not bound
_LISTENING: Final = "0A"


def listeners(bind: str, port: int) -> Sequence[socket.socket]:
    """Listen on `bind` and, for IPv4's own addresses, on ::1 too, since Node resolves localhost there.

    Port 0 becomes one that is free on both. The sockets are close-on-exec. Raises StartFailure.
    """
    for attempt in range(_TRIES):
        first = _listen(bind, port)
        if bind not in _IPV4_LOCAL or not _has_ipv6():
            return (first,)
        try:
            return (first, _listen("::1", first.getsockname()[1]))
        except StartFailure:
            first.close()
            if port or attempt == _TRIES - 1:
                raise
    raise StartFailure(f"No port is free on {bind}.")


def _listen(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:  # :: alone serves IPv4 as well
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address != "::"))
        listener.bind((address, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _refused(address, port, error) from error
    listener.setblocking(False)
    return listener


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _refused(address: str, port: int, error: OSError) -> StartFailure:
    if error.errno == errno.EADDRINUSE:
        who = holder(port)
        by = f" by {who}" if who else ""
        return StartFailure(
            f"Port {port} on {address} is taken{by}; stop that or choose another with --port."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return StartFailure(f"{address} is not an address of this host; see --bind.")
    if error.errno in (errno.EACCES, errno.EPERM):
        return StartFailure(f"Port {port} needs root; choose another with --port.")
    return StartFailure(f"Cannot listen on {address} port {port}: {error.strerror}.")


def holder(port: int) -> str | None:
    """The program that listens on `port`, as `NAME (process PID)`, if this process may know it."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and inodes & set(_links(process / "fd")):
            try:
                name = (process / "comm").read_text().strip()
            except OSError:  # it ended meanwhile
                continue
            return f"{name} (process {process.name})"
    return None


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:  # a host without IPv6 has no tcp6
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == _LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _links(directory: Path) -> Iterator[str]:
    try:
        names = os.listdir(directory)  # noqa: PTH208  hundreds of entries: no Path for each
    except OSError:  # ended, or not ours to see
        return
    for name in names:
        try:
            yield os.readlink(f"{directory}/{name}")  # noqa: PTH115  as above
        except OSError:  # closed meanwhile
            continue


def listen_on_path(path: Path) -> socket.socket:
    """Listen on a unix socket at `path`, for this user alone; one that a dead process left there is replaced."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
