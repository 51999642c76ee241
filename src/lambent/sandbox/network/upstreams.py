"""Whom the host asks for names."""

import ipaddress
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

_FILE: Final = Path("/etc/resolv.conf")
_BEHIND_THE_STUB: Final = Path("/run/systemd/resolve/resolv.conf")
_STUBS: Final = frozenset({"127.0.0.53", "127.0.0.54"})
_PORT: Final = 53
_MOST: Final = 3
"""As many as the C library asks."""

Upstream = tuple[str, int]


class Upstreams:
    """The host's name servers as they are now: its file is read again when it has changed.

    Where that names systemd's stub, those behind it are asked: the stub also tells names of /etc/hosts and of neighbours
    on the link, which are the host's own business.
    """

    def __init__(
        self,
        *,
        given: Sequence[str] = (),
        file: Path = _FILE,
        behind_the_stub: Path = _BEHIND_THE_STUB,
    ) -> None:
        """`given` are asked in place of the host's."""
        self._given = [(address, _PORT) for address in given]
        self._file, self._behind = file, behind_the_stub
        self._seen: object = None
        self._found: Sequence[Upstream] = ()

    def __call__(self) -> Sequence[Upstream]:
        """In the order in which they are to be asked; none where there are none."""
        if self._given:
            return self._given
        seen = [_stamp(path) for path in (self._file, self._behind)]
        if seen != self._seen:
            self._seen, self._found = seen, self._read()
        return self._found

    def _read(self) -> Sequence[Upstream]:
        servers = name_servers(_text(self._file))
        if servers and _STUBS.issuperset(servers):
            servers = name_servers(_text(self._behind))
        return [(server, _PORT) for server in servers[:_MOST]]


def name_servers(text: str) -> Sequence[str]:
    """The addresses that a resolv.conf names."""
    words = [line.split() for line in text.splitlines()]
    named = [line[1] for line in words if len(line) > 1 and line[0] == "nameserver"]
    return [server for server in named if _is_address(server)]


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size


Names = Callable[[], Sequence[Upstream]]
