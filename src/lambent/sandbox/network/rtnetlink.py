"""Links, addresses and routes by messages to the kernel: a program for each would cost milliseconds a sandbox."""

import errno
import fcntl
import ipaddress
import os
import socket
import struct
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

Address = ipaddress.IPv4Address
Network = ipaddress.IPv4Network

LINKS_CHANGED: Final = 0x1
"""Multicast group, as a bit: links come, go and change."""
ROUTES_CHANGED: Final = 0x40
"""Multicast group, as a bit: IPv4 routes come and go."""
FORWARDING_CHANGED: Final = 1 << 23
"""Multicast group, as a bit: somebody turned forwarding on or off."""

_HEADER: Final = struct.Struct("=IHHII")
_LINK: Final = struct.Struct("=BxHiII")
_ADDRESS: Final = struct.Struct("=BBBBI")
_ROUTE: Final = struct.Struct("=BBBBBBBBI")
_ATTRIBUTE: Final = struct.Struct("=HH")
_ERROR: Final = struct.Struct("=i")

_NEW_LINK, _DELETE_LINK, _SET_LINK = 16, 17, 19
_NEW_ADDRESS, _NEW_ROUTE, _GET_ROUTE = 20, 24, 26
_IS_ERROR, _IS_DONE = 2, 3
_REQUEST, _ACKNOWLEDGE, _DUMP = 0x1, 0x4, 0x300
_EXCLUSIVE, _CREATE = 0x200, 0x400

_IFLA_NAME, _IFLA_MTU, _IFLA_LINK_INFO, _IFLA_NET_NS_FD, _IFLA_NET_NS_PID, _IFLA_AF_SPEC = (
    *(3, 4, 18, 28, 19, 26),
)
_INFO_KIND, _INFO_DATA, _VETH_PEER = 1, 2, 1
_INET6_GENERATION_MODE, _NO_ADDRESS = 8, 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_RTA_DESTINATION, _RTA_OUTGOING, _RTA_GATEWAY = 1, 4, 5
_UP: Final = 0x1
_ETHTOOL, _GET_LINK_STATE = 0x8946, 0x0A
_MAIN_TABLE, _BY_ADMINISTRATOR, _UNIVERSE, _LINK_SCOPE = 254, 4, 0, 253
_UNICAST, _ON_LINK = 1, 0x4
_LARGEST_ANSWER: Final = 1 << 17


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where packets to a network leave."""

    to: Network
    outgoing: int
    """Index of the link; 0 where there is none."""


class Message:
    """One request; the kernel answers each by its error or by nothing."""

    __slots__ = ("body", "flags", "kind")

    def __init__(self, kind: int, flags: int, body: bytes) -> None:
        self.kind, self.flags, self.body = kind, flags, body


def cable(
    name: str, *, peer: str, peer_pid: int = 0, peer_namespace: int = 0, index: int = 0
) -> Message:
    """Make a pair of links: `name` here, up already, and `peer` in the network namespace of a process or a descriptor.

    The peer is down: one that were up before its other end is would have no carrier.
    """
    where = (
        _attribute(_IFLA_NET_NS_PID, struct.pack("=I", peer_pid))
        if peer_pid
        else _attribute(_IFLA_NET_NS_FD, struct.pack("=I", peer_namespace))
    )
    other = _link(0, up=False) + _text(_IFLA_NAME, peer) + where
    data = _attribute(_INFO_DATA, _attribute(_VETH_PEER, other))
    info = _attribute(_IFLA_LINK_INFO, _text(_INFO_KIND, "veth") + data)
    body = _link(index, up=True) + _text(_IFLA_NAME, name) + info
    return Message(_NEW_LINK, _CREATE | _EXCLUSIVE, body)


def without_ipv6(index: int) -> Message:
    """Let a link that is down have no address of IPv6 by itself once it is up, so that it can't be used for it."""
    mode = _attribute(_INET6_GENERATION_MODE, struct.pack("=B", _NO_ADDRESS))
    spec = _attribute(_IFLA_AF_SPEC, _attribute(socket.AF_INET6, mode))
    return Message(_SET_LINK, 0, _link(index, up=False) + spec)


def raise_link(index: int) -> Message:
    """Turn a link on."""
    return Message(_SET_LINK, 0, _link(index, up=True))


def remove_link(name: str) -> Message:
    """Remove a link, its other end included."""
    return Message(_DELETE_LINK, 0, _link(0, up=False) + _text(_IFLA_NAME, name))


def address(index: int, of: Address, *, prefix: int) -> Message:
    """Give a link an address."""
    head = _ADDRESS.pack(socket.AF_INET, prefix, 0, _UNIVERSE, index)
    both = _attribute(_IFA_LOCAL, of.packed) + _attribute(_IFA_ADDRESS, of.packed)
    return Message(_NEW_ADDRESS, _CREATE | _EXCLUSIVE, head + both)


def route_to(to: Address, *, by: int) -> Message:
    """Reach one address directly through a link."""
    head = _route(prefix=32, scope=_LINK_SCOPE, flags=0)
    body = head + _attribute(_RTA_DESTINATION, to.packed) + _number(_RTA_OUTGOING, by)
    return Message(_NEW_ROUTE, _CREATE | _EXCLUSIVE, body)


def route_by(to: Address, gateway: Address, *, by: int) -> Message:
    """Reach one address through `gateway`."""
    head = _route(prefix=32, scope=_UNIVERSE, flags=_ON_LINK)
    body = head + _attribute(_RTA_DESTINATION, to.packed) + _attribute(_RTA_GATEWAY, gateway.packed)
    return Message(_NEW_ROUTE, _CREATE | _EXCLUSIVE, body + _number(_RTA_OUTGOING, by))


def default_route(gateway: Address, *, by: int) -> Message:
    """Reach everything else through `gateway`, which answers on that link whatever the addresses there are."""
    head = _route(prefix=0, scope=_UNIVERSE, flags=_ON_LINK)
    body = head + _attribute(_RTA_GATEWAY, gateway.packed) + _number(_RTA_OUTGOING, by)
    return Message(_NEW_ROUTE, _CREATE | _EXCLUSIVE, body)


def settle(sock: socket.socket, name: str) -> None:
    """Have the link `name`, up before its other end was, send from now on. Raises OSError.

    The kernel lets it do so a little later by itself, and what it is to send until then is lost: a reply to the first packet, and
    a second with it. `sock` is any of the link's network namespace.
    """
    command = array("B", struct.pack("=II", _GET_LINK_STATE, 0))
    request = struct.pack("@16sP", name.encode(), command.buffer_info()[0])
    fcntl.ioctl(sock, _ETHTOOL, request + bytes(16))


class Netlink:
    """A connection to the kernel's routing, of the network namespace that the caller is in now and for good."""

    def __init__(self, *, groups: int = 0) -> None:
        """With `groups` it becomes readable whenever something of them changes."""
        kind = socket.SOCK_RAW | (socket.SOCK_NONBLOCK if groups else 0)
        self._socket = socket.socket(socket.AF_NETLINK, kind, socket.NETLINK_ROUTE)
        self._socket.bind((0, groups))
        self._count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def fileno(self) -> int:
        """The descriptor."""
        return self._socket.fileno()

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def ask(self, *messages: Message) -> None:
        """Have them carried out in order. Raises OSError with the first failure; those after it are tried all the same."""
        parts = []
        for message in messages:
            self._count += 1
            flags = _REQUEST | _ACKNOWLEDGE | message.flags
            parts.append(_framed(message.kind, flags, self._count, message.body))
        self._socket.send(b"".join(parts))
        self._hear_out(len(messages))

    def routes(self) -> Sequence[Route]:
        """Every IPv4 route to other hosts, of all tables."""
        body = _route(prefix=0, scope=0, flags=0)
        self._count += 1
        self._socket.send(_framed(_GET_ROUTE, _REQUEST | _DUMP, self._count, body))
        found: list[Route] = []
        while True:
            for kind, _, answer in _messages(self._socket.recv(_LARGEST_ANSWER)):
                if kind == _IS_DONE:
                    return found
                if kind == _IS_ERROR:
                    _check(answer)
                if kind == _NEW_ROUTE and (route := _read_route(answer)) is not None:
                    found.append(route)

    def drain(self) -> None:
        """Forget what changed so far."""
        while True:
            try:
                if not self._socket.recv(_LARGEST_ANSWER):
                    return
            except BlockingIOError:
                return
            except OSError as error:  # too much happened at once to be told of it
                if error.errno != errno.ENOBUFS:
                    raise

    def _hear_out(self, answers: int) -> None:
        failure: OSError | None = None
        last = self._count
        while answers:
            for kind, number, answer in _messages(self._socket.recv(_LARGEST_ANSWER)):
                if kind != _IS_ERROR or number > last:
                    continue
                answers -= 1
                try:
                    _check(answer)
                except OSError as error:
                    failure = failure or error
        if failure is not None:
            raise failure


def _framed(kind: int, flags: int, number: int, body: bytes) -> bytes:
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, number, 0) + body


def _messages(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The kind, number and body of each message."""
    at = 0
    while at + _HEADER.size <= len(data):
        length, kind, _, number, _ = _HEADER.unpack_from(data, at)
        yield kind, number, data[at + _HEADER.size : at + length]
        at += _padded(length)


def _check(answer: bytes) -> None:
    (code,) = _ERROR.unpack_from(answer)
    if code:
        raise OSError(-code, f"netlink: {os.strerror(-code)}")


def _read_route(body: bytes) -> Route | None:
    _, prefix, _, _, _, _, _, kind, _ = _ROUTE.unpack_from(body)
    if kind != _UNICAST:
        return None
    to, outgoing = Address(0), 0
    for attribute, value in _attributes(body[_ROUTE.size :]):
        if attribute == _RTA_DESTINATION:
            to = Address(value)
        elif attribute == _RTA_OUTGOING:
            (outgoing,) = struct.unpack("=I", value)
    return Route(to=Network((to, prefix), strict=False), outgoing=outgoing)


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        yield kind, data[at + _ATTRIBUTE.size : at + length]
        at += _padded(max(length, _ATTRIBUTE.size))


def _padded(length: int) -> int:
    return (length + 3) & ~3


def _attribute(kind: int, value: bytes) -> bytes:
    length = _ATTRIBUTE.size + len(value)
    return _ATTRIBUTE.pack(length, kind) + value + bytes(_padded(length) - length)


def _text(kind: int, value: str) -> bytes:
    return _attribute(kind, value.encode() + b"\0")


def _number(kind: int, value: int) -> bytes:
    return _attribute(kind, struct.pack("=I", value))


def _link(index: int, *, up: bool) -> bytes:
    return _LINK.pack(socket.AF_UNSPEC, 0, index, _UP if up else 0, _UP if up else 0)


def _route(*, prefix: int, scope: int, flags: int) -> bytes:
    return _ROUTE.pack(
        *(socket.AF_INET, prefix, 0, 0, _MAIN_TABLE, _BY_ADMINISTRATOR, scope, _UNICAST, flags)
    )
