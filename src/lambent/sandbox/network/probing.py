"""Tries out whether the host forwards for an instance: a firewall's rules can be read, but what they come to is hard to tell."""

import errno
import ipaddress
import os
import select
import socket
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

from lambent.sandbox.network import namespaces, rtnetlink
from lambent.sandbox.network.rules import probe_link_name

_SECONDS: Final = 0.5
_LINK: Final = "p"


def passes(router: int, *, pair: ipaddress.IPv4Network) -> bool:
    """Whether a connection from the router's namespace reaches a host beyond this one, played by a namespace that goes again.

    `pair` are two addresses that are free; they are used by a link of the host's for some milliseconds. Raises OSError.
    """
    with ExitStack() as stack:
        here = namespaces.current()
        stack.callback(os.close, here)
        beyond = namespaces.make()
        stack.callback(os.close, beyond)
        link = probe_link_name(os.urandom(4).hex())
        with namespaces.inside(beyond):
            listener = stack.enter_context(_listen(pair[1], pair[0], link=link, host=here))
        netlink = stack.enter_context(rtnetlink.Netlink())
        index = socket.if_nametoindex(link)
        netlink.ask(
            rtnetlink.address(index, pair[0], prefix=31),
            rtnetlink.without_ipv6(index),
            rtnetlink.raise_link(index),
        )
        rtnetlink.settle(listener, _LINK)
        Path(f"/proc/sys/net/ipv4/conf/{link}/forwarding").write_text("1")
        with namespaces.inside(router):
            caller = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_STREAM))
        return _connects(caller, listener.getsockname())


def _listen(
    own: ipaddress.IPv4Address, gateway: ipaddress.IPv4Address, *, link: str, host: int
) -> socket.socket:
    with rtnetlink.Netlink() as netlink:
        netlink.ask(rtnetlink.cable(_LINK, peer=link, peer_namespace=host))
        index = socket.if_nametoindex(_LINK)
        netlink.ask(
            rtnetlink.address(index, own, prefix=31), rtnetlink.default_route(gateway, by=index)
        )
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind((str(own), 0))
    listener.listen(1)
    return listener


def _connects(caller: socket.socket, to: tuple[str, int]) -> bool:
    caller.setblocking(False)
    if caller.connect_ex(to) != errno.EINPROGRESS:
        return False
    # A dropped packet has no answer: half a second is more than a host needs to answer itself.
    select.select([], [caller], [], _SECONDS)
    with suppress(OSError):
        return bool(caller.getpeername() == to)
    return False
