"""The router of an instance: made and held by the supervisor, so that it lives as long as the daemon and ends with it.

The namespace has no name and goes with its last descriptor, and with it its links, sandboxes' cables included; what can outlive a
kill of everything is the host's table of rules and what it records, which `sweep` removes.
"""

import ipaddress
import os
import socket
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.sandbox.network import forwarding, namespaces, nft, rtnetlink
from lambent.sandbox.network.nft import NftFailure
from lambent.sandbox.network.probing import passes
from lambent.sandbox.network.rules import (
    GATEWAY,
    UPLINK,
    Uplink,
    host_rules,
    link_name,
    router_rules,
    table_name,
)

_POOLS: Final = tuple(
    ipaddress.IPv4Address(first)
    for first in ("100.127.255.0", "198.19.255.0", "172.31.255.0", "10.255.255.0", "192.168.255.0")
)
"""256 addresses each, a pair for the link of an instance and one to try it out with: the first that no route of the host covers."""
PROBE_SLOTS: Final = 64
_LOOPBACK: Final = 1
_DNS_PORT: Final = 53
_BACKLOG: Final = 128
_DOCKER: Final = ("ip", "filter", "DOCKER-USER")
_SETTINGS: Final = {
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
    "ipv4/ip_forward": "1",
    "ipv4/icmp_ratemask": "0",
    "ipv4/conf/all/send_redirects": "0",
    "ipv4/conf/default/send_redirects": "0",
    "ipv4/conf/all/accept_redirects": "0",
    "ipv4/conf/all/accept_source_route": "0",
}


class NoOutlet(Exception):
    """Functions can have no outbound network here; the text says why, and what would help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """A router that stands. The descriptors are its holder's, and close-on-exec."""

    uplink: Uplink
    namespace: int
    udp: socket.socket
    """Bound where sandboxes send their look-ups of names."""
    tcp: socket.socket
    """As `udp`; listens."""

    def close(self) -> None:
        """Let go of it; `sweep` clears away the rest."""
        self.udp.close()
        self.tcp.close()
        os.close(self.namespace)


def open_router(*, instance: str, slot: int, through_docker: bool = False) -> Router:
    """Make the router of `instance`, whose `slot`, from 0 to 63, no other instance of this host has.

    `through_docker` puts its link into the chain that Docker leaves to operators. Raises NoOutlet, and leaves nothing then.
    """
    if nft.find() is None:
        raise NoOutlet("nft is not installed (apt-get install nftables)")
    try:
        with ExitStack() as undo:
            undo.callback(sweep, instance)
            router = _make(instance, slot)
            undo.callback(router.close)
            if through_docker:
                _enter_docker_chain(router.uplink.link)
            _try_out(router, slot)
            undo.pop_all()
            return router
    except (OSError, NftFailure) as error:
        raise NoOutlet(str(error)) from error


def sweep(instance: str) -> None:
    """Remove what a dead instance left of itself on the host, and turn off what it had turned on. Raises OSError."""
    with rtnetlink.Netlink() as netlink, suppress(OSError):  # most often it went with its router
        netlink.ask(rtnetlink.remove_link(link_name(instance)))
    if nft.find() is None:
        return
    table = table_name(instance)
    try:
        present = nft.tables()
        if _DOCKER[:2] in present:
            _leave_docker_chain(link_name(instance))
        if ("inet", table) in present:
            forwarding.restore(instance)
            nft.load(f"table inet {table}\ndelete table inet {table}\n")  # it may be gone by now
    except NftFailure as failure:
        raise OSError(str(failure)) from failure


def _make(instance: str, slot: int) -> Router:
    with ExitStack() as undo, ExitStack() as done:
        here = namespaces.current()
        done.callback(os.close, here)
        netlink = done.enter_context(rtnetlink.Netlink())
        pair = free_pair(slot, netlink)
        uplink = Uplink(instance=instance, host=pair[0], router=pair[1])
        guarded = forwarding.links_to_guard()
        hosts = nft.Loading(host_rules(uplink, guarded=guarded))
        done.callback(hosts.abandon)
        namespace = namespaces.make()
        undo.callback(os.close, namespace)
        with namespaces.inside(namespace):
            routers = nft.Loading(router_rules())
            done.callback(routers.abandon)
            udp, tcp = _furnish(uplink, host=here)
        undo.callback(udp.close)
        undo.callback(tcp.close)
        index = socket.if_nametoindex(uplink.link)
        netlink.ask(rtnetlink.address(index, uplink.host, prefix=31), rtnetlink.without_ipv6(index))
        hosts.finish()
        routers.finish()
        # Not before the rules stand.
        netlink.ask(rtnetlink.raise_link(index))
        rtnetlink.settle(udp, UPLINK)
        forwarding.turn_on(instance, guarded)
        undo.pop_all()
        return Router(uplink=uplink, namespace=namespace, udp=udp, tcp=tcp)


def free_pair(slot: int, netlink: rtnetlink.Netlink) -> ipaddress.IPv4Network:
    """Two addresses that no route of this host covers. Raises NoOutlet."""
    taken = [route.to for route in netlink.routes() if route.to.prefixlen]
    for first in _POOLS:
        pair = ipaddress.IPv4Network((first + 2 * slot, 31))
        if not any(pair.overlaps(network) for network in taken):
            return pair
    raise NoOutlet(
        "no addresses are free for the link to the router: routes of this host cover them all"
    )


def _furnish(uplink: Uplink, *, host: int) -> tuple[socket.socket, socket.socket]:
    """Set up the namespace that the caller is in, and listen for look-ups of names."""
    for name, value in _SETTINGS.items():
        with suppress(FileNotFoundError):  # a kernel without IPv6
            Path("/proc/sys/net", name).write_text(value)
    with rtnetlink.Netlink() as netlink:
        netlink.ask(rtnetlink.cable(UPLINK, peer=uplink.link, peer_namespace=host))
        index = socket.if_nametoindex(UPLINK)
        netlink.ask(
            rtnetlink.raise_link(_LOOPBACK),
            rtnetlink.address(_LOOPBACK, GATEWAY, prefix=32),
            rtnetlink.address(index, uplink.router, prefix=31),
            rtnetlink.default_route(uplink.host, by=index),
        )
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    tcp = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    for listener in (udp, tcp):
        listener.bind((str(GATEWAY), _DNS_PORT))
    tcp.listen(_BACKLOG)
    return udp, tcp


def _try_out(router: Router, slot: int) -> None:
    """See that what leaves the router comes through the host's firewall, and its answer back. Raises NoOutlet."""
    with rtnetlink.Netlink() as netlink:
        pair = free_pair(slot + PROBE_SLOTS, netlink)
    if passes(router.namespace, pair=pair):
        return
    culprits = [
        f"{chain.table} {chain.name}"
        for chain in nft.forward_chains()
        if chain.drops and chain.table != f"inet {router.uplink.table}"
    ]
    whose = f" ({', '.join(culprits)})" if culprits else ""
    raise NoOutlet(f"this host's firewall{whose} drops what is forwarded for functions")


def _enter_docker_chain(link: str) -> None:
    # Danger: another program's table. Rules of this plain form are such as iptables writes itself, and it can read them.
    family, table, chain = _DOCKER
    try:
        for direction in ("iifname", "oifname"):
            nft.load(f'insert rule {family} {table} {chain} {direction} "{link}" counter accept\n')
    except NftFailure as failure:
        raise NoOutlet(f"the chain DOCKER-USER can't be used: {failure}") from failure


def _leave_docker_chain(link: str) -> None:
    family, table, chain = _DOCKER
    with suppress(NftFailure):  # there is no such chain, which is usual
        for handle in nft.rule_handles(family, table, chain, naming=link):
            nft.load(f"delete rule {family} {table} {chain} handle {handle}\n")
