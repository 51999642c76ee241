"""The cable of each sandbox: one end in the router's namespace, the other in the sandbox's. It goes with the sandbox."""

import errno
import ipaddress
import random
import socket
from contextlib import suppress
from typing import Final

from lambent.sandbox.network import namespaces, rtnetlink
from lambent.sandbox.network.rules import GATEWAY

LINK: Final = "eth0"
_FIRST: Final = ipaddress.IPv4Address("169.254.16.0")
_COUNT: Final = 84 << 8
"""Up to 169.254.99.255, link-local as on AWS: nothing that a function may want to reach can have such an address."""
_FIRST_INDEX: Final = 1_000
_ATTEMPTS: Final = 64


class Cables:
    """Lays cables from a router's namespace."""

    def __init__(self, *, router: int, chance: random.Random) -> None:
        """`router` is a descriptor of the namespace, which is held by a socket from here on. Raises OSError."""
        with namespaces.inside(router):
            self._netlink = rtnetlink.Netlink()
            self._any = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        # An address comes round again as late as possible: answers to who had it before may still be under way.
        self._next = chance.randrange(_COUNT)

    def close(self) -> None:
        """Lay no more."""
        self._netlink.close()
        self._any.close()

    def lay(self, pid: int) -> ipaddress.IPv4Address:
        """Give the network namespace of `pid` a link, still down, and return the address that it has to take. Raises OSError."""
        for _ in range(_ATTEMPTS):
            number, self._next = self._next, (self._next + 1) % _COUNT
            with suppress(FileExistsError):  # of a sandbox that lives, or is not quite gone
                return self._lay(number, pid)
        raise OSError(errno.EADDRNOTAVAIL, "no address is free for a sandbox")

    def settle(self, address: ipaddress.IPv4Address) -> None:
        """Have the router answer through a cable from now on: the other end is plugged in. Raises OSError."""
        rtnetlink.settle(self._any, f"c{int(address) - int(_FIRST)}")

    def _lay(self, number: int, pid: int) -> ipaddress.IPv4Address:
        address, index = _FIRST + number, _FIRST_INDEX + number
        self._netlink.ask(
            rtnetlink.cable(f"c{number}", peer=LINK, peer_pid=pid, index=index),
            rtnetlink.route_to(address, by=index),
        )
        return address


def plug_in(address: ipaddress.IPv4Address) -> None:
    """Within a sandbox's namespace: take the address that `lay` returned. No IPv6, which the router does not know. Raises OSError."""
    with rtnetlink.Netlink() as netlink:
        index = socket.if_nametoindex(LINK)
        netlink.ask(
            rtnetlink.address(index, address, prefix=32),
            rtnetlink.without_ipv6(index),
            rtnetlink.raise_link(index),
            rtnetlink.default_route(GATEWAY, by=index),
        )


def resolver_file() -> str:
    """What /etc/resolv.conf holds for a sandbox with a cable."""
    return f"nameserver {GATEWAY}\n"
