"""Has the host forward what an instance's functions send, and nothing else that it did not forward before.

Where the host forwards anyway, nothing is changed. Else its links that routes lead to are told to forward one by one, the
host's own switch stays off, and what arrives on these links from elsewhere is dropped by `guarded` of the rules. So that set is
also the record of what is to be turned off again, and whoever turns the host's switch on later finds nothing in the way.
"""

import os
import re
import socket
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

from lambent.sandbox.network import nft
from lambent.sandbox.network.rtnetlink import FORWARDING_CHANGED, ROUTES_CHANGED, Netlink
from lambent.sandbox.network.rules import (
    GUARDED,
    is_link_name,
    is_table_name,
    link_name,
    quoted,
    table_name,
)

_SETTINGS: Final = "/proc/sys/net/ipv4/conf"
_PLAIN_NAME: Final = re.compile(r"[\w.@:-]{1,15}")


class Follower:
    """Follows the host's routes for an instance whose rules stand: `follow` is to be called whenever the descriptor is readable."""

    def __init__(self, instance: str) -> None:
        self._instance = instance
        self._changes = Netlink(groups=ROUTES_CHANGED | FORWARDING_CHANGED)

    def fileno(self) -> int:
        """Becomes readable when routes or forwarding change."""
        return self._changes.fileno()

    def close(self) -> None:
        """Follow no more; what was turned on stays so until `restore`."""
        self._changes.close()

    def follow(self) -> None:
        """Have every link that a route leads to forward. Raises NftFailure; OSError."""
        self._changes.drain()
        own = _forwards(link_name(self._instance))
        if not host_forwards() and own and all(map(_forwards, _routed_links())):
            return
        table = table_name(self._instance)
        wanted = links_to_guard()
        # The guard first and forwarding second, never the other way round.
        if wanted != nft.elements("inet", table, GUARDED):
            nft.load(_guard_rules(table, wanted))
        turn_on(self._instance, wanted)


def links_to_guard() -> frozenset[str]:
    """The links that have to forward for lambent's sake alone; none where the host forwards anyway. Raises NftFailure."""
    if host_forwards():
        return frozenset()
    routed = _routed_links()
    forward = frozenset(filter(_forwards, routed))
    # Those that forward already were told so by whoever owns the host, or by another instance, which will turn them off.
    return (routed - forward) | (forward & _guarded_by() if forward else forward)


def turn_on(instance: str, guarded: Iterable[str]) -> None:
    """Have links that are guarded forward, and the one to the router; nothing where the host forwards anyway."""
    if not host_forwards():
        for link in (link_name(instance), *guarded):
            _let_forward(link, on=True)


def restore(instance: str) -> None:
    """Turn off what was turned on for `instance` and no other of lambent's needs. Raises NftFailure; OSError."""
    if not host_forwards():
        table = table_name(instance)
        for link in _recorded(table) - _guarded_by(but=table):
            _let_forward(link, on=False)


def _guarded_by(but: str = "") -> frozenset[str]:
    """What the instances of lambent guard; without the table `but`."""
    found: frozenset[str] = frozenset()
    for family, name in nft.tables():
        if family == "inet" and is_table_name(name) and name != but:
            found |= _recorded(name)
    return found


def _recorded(table: str) -> frozenset[str]:
    """What a table guards; one that went meanwhile, or is of another make, guards nothing."""
    with suppress(nft.NotThere):
        return nft.elements("inet", table, GUARDED)
    return frozenset()


def host_forwards() -> bool:
    """Whether the host forwards by its own switch, for whomever."""
    return _read("/proc/sys/net/ipv4/ip_forward") == "1"


def _routed_links() -> frozenset[str]:
    with Netlink() as netlink:
        indexes = {route.outgoing for route in netlink.routes() if route.outgoing}
    return frozenset(
        name
        for name in _names(indexes)
        if name != "lo" and not is_link_name(name) and _PLAIN_NAME.fullmatch(name)
    )


def _names(indexes: Iterable[int]) -> Iterable[str]:
    for index in indexes:
        with suppress(OSError):  # it went meanwhile
            yield socket.if_indextoname(index)


def _guard_rules(table: str, links: Iterable[str]) -> str:
    rules = f"flush set inet {table} {GUARDED}\n"
    if links := quoted(links):
        rules += f"add element inet {table} {GUARDED} {{ {links} }}\n"
    return rules


def _let_forward(link: str, *, on: bool) -> None:
    if _forwards(link) is not on:
        with suppress(FileNotFoundError):  # it went meanwhile
            _write(f"{_SETTINGS}/{link}/forwarding", "1" if on else "0")


def _forwards(link: str) -> bool:
    try:
        return _read(f"{_SETTINGS}/{link}/forwarding") == "1"
    except FileNotFoundError:  # it went meanwhile
        return False


def _read(path: str) -> str:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(file, 16).decode().strip()
    finally:
        os.close(file)


def _write(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
