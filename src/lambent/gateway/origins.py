"""Which web pages may talk to us: any page in any browser can reach a loopback port.

Two guards. A page from elsewhere is told by its `Origin`. A page whose own name was made to point here (DNS rebinding) is of the
same origin in its browser's eyes, and a GET of it carries no `Origin`; it is told by its `Host`, which then is the page's name.
So a `Host` must be one that nobody in the internet can point here: an IP address, a name without a dot, a name below a
suffix that the public DNS does not serve (localhost, internal, test …) or below AWS's own domains (clients that reach us by a
changed name resolution say those), or one that the configuration names.
"""

import ipaddress
import re
from collections.abc import Iterable
from typing import Final

from lambent.model.partitions import PARTITIONS

_LOCAL_ORIGIN: Final = re.compile(
    r"https?://(?:localhost|[a-z0-9.-]+\.localhost|127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?"
)
_HOST: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_UNSERVED_SUFFIXES: Final = ("localhost", "internal", "test", "example", "invalid")
_AWS_SUFFIXES: Final = tuple({partition.dns_suffix for partition in PARTITIONS} | {"on.aws"})
_REMEMBERED: Final = 256


class OriginPolicy:
    """Judges `Origin` and `Host`."""

    def __init__(
        self, *, allowed_origins: Iterable[str] | None = None, allowed_hosts: Iterable[str] = ()
    ) -> None:
        """None allows the pages of this machine; an explicit list takes their place, `*` in it allows all."""
        self._origins = None if allowed_origins is None else frozenset(allowed_origins)
        suffixes = (*_UNSERVED_SUFFIXES, *_AWS_SUFFIXES, *(h.lower() for h in allowed_hosts))
        self._suffixes = tuple(f".{suffix}" for suffix in suffixes)
        self._known_hosts: set[bytes] = set()

    def allows_origin(self, origin: bytes) -> bool:
        """Whether a page of `origin` may read and write here."""
        text = origin.decode("latin-1")
        if self._origins is None:
            return _LOCAL_ORIGIN.fullmatch(text.lower()) is not None
        return text in self._origins or "*" in self._origins

    def allows_host(self, host: bytes) -> bool:
        """Whether a request may have been sent to `host`."""
        if host in self._known_hosts:
            return True
        allowed = self._judge_host(host.decode("latin-1"))
        # What is remembered is chosen by clients, so there is a bound.
        if allowed:
            if len(self._known_hosts) >= _REMEMBERED:
                self._known_hosts.clear()
            self._known_hosts.add(host)
        return allowed

    def _judge_host(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match[1].lower().rstrip(".")
        return (
            "." not in name.strip("[]") or _is_address(name) or f".{name}".endswith(self._suffixes)
        )


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
