"""A host of the tests' own, the internet beyond it, and an instance of lambent on it: network namespaces that go with the test."""

import contextlib
import errno
import ipaddress
import os
import random
import select
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from lambent.sandbox.network import namespaces, nft, rtnetlink
from lambent.sandbox.network.cables import Cables, plug_in
from lambent.sandbox.network.forwarding import Follower
from lambent.sandbox.network.router import Router, open_router, sweep
from lambent.sandbox.spawner import kernel

Address = ipaddress.IPv4Address
HOST: Final = Address("203.0.113.1")
"""The host, as the internet sees it."""
PEER: Final = Address("203.0.113.2")
"""Whom functions may reach."""
METADATA: Final = tuple(
    map(Address, ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192"))
)
"""They all answer beyond the host, as they do on a cloud's machines."""
MAIL, WEB = 25, 8080
_PATIENCE_SECONDS: Final = 0.7
"""How long it takes to believe that no answer comes."""


class Lan:
    """The host's namespace, in which the caller works while it `hosts`, and beyond it PEER and METADATA."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self.host = self._namespace()
        self.beyond = self._namespace()
        with namespaces.inside(self.host), rtnetlink.Netlink() as netlink:
            netlink.ask(rtnetlink.cable("wan", peer="h", peer_namespace=self.beyond))
            index = socket.if_nametoindex("wan")
            netlink.ask(
                rtnetlink.raise_link(1),
                rtnetlink.address(index, HOST, prefix=24),
                rtnetlink.default_route(PEER, by=index),
            )
            Path("/proc/sys/net/ipv6/conf/wan/accept_dad").write_text("0")
        with namespaces.inside(self.beyond), rtnetlink.Netlink() as netlink:
            index = socket.if_nametoindex("h")
            netlink.ask(
                rtnetlink.raise_link(1),
                rtnetlink.raise_link(index),
                rtnetlink.address(index, PEER, prefix=24),
                *(rtnetlink.address(1, address, prefix=32) for address in METADATA),
            )

    def _namespace(self) -> int:
        made = namespaces.make()
        self._stack.callback(os.close, made)
        return made

    def keep(self, namespace: int) -> None:
        """Close a namespace's descriptor with the test."""
        self._stack.callback(os.close, namespace)

    def settle(self, namespace: int, link: str) -> None:
        """Have a link that was up before its other end send from now on."""
        with namespaces.inside(namespace), socket.socket(type=socket.SOCK_DGRAM) as any_socket:
            rtnetlink.settle(any_socket, link)

    def await_readable(self, what: Follower) -> None:
        """Return once there is something to follow."""
        assert select.select([what], [], [], 5)[0]

    @contextlib.contextmanager
    def hosts(self) -> Iterator[None]:
        """Work on the host."""
        with namespaces.inside(self.host):
            yield

    def listen(self, namespace: int, port: int, at: Address | str = "0.0.0.0") -> socket.socket:
        """A listener in a namespace, closed with the test."""
        with namespaces.inside(namespace):
            listener = socket.create_server((str(at), port))
        return self._stack.enter_context(listener)

    def receive(self, namespace: int, port: int, at: Address | str = "0.0.0.0") -> socket.socket:
        """A UDP socket in a namespace, closed with the test."""
        with namespaces.inside(namespace):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((str(at), port))
        return self._stack.enter_context(made)

    def router(self, instance: str = "t", *, slot: int = 0, docker: bool = False) -> Router:
        """An instance on the host, swept with the test. Raises NoOutlet."""
        with self.hosts():
            made = open_router(instance=instance, slot=slot, through_docker=docker)
        self._stack.callback(self._close, made)
        return made

    def _close(self, router: Router) -> None:
        router.close()
        with self.hosts():
            sweep(router.uplink.instance)

    def inmates(self, router: Router, count: int = 1) -> list["Inmate"]:
        """Stand-ins for sandboxes behind a router."""
        cables = Cables(router=router.namespace, chance=random.Random(1))
        self._stack.callback(cables.close)
        return [Inmate(cables, self._stack) for _ in range(count)]

    def accept_everything(self, router: Router) -> None:
        """Have the router forward whatever it does not refuse by name."""
        with namespaces.inside(router.namespace):
            nft.load("insert rule inet lambent through ip daddr != 203.0.113.0/24 accept\n")

    def connect(self, namespace: int, to: Address | str, port: int) -> str:
        """What comes of a connection from a namespace: `connected`, `nothing`, or the error's name."""
        return connect(namespace, to, port)

    def send_from(self, namespace: int, to: Address, port: int, what: bytes) -> None:
        """Send a datagram from a namespace."""
        with namespaces.inside(namespace), socket.socket(type=socket.SOCK_DGRAM) as caller:
            caller.sendto(what, (str(to), port))

    def without(self, namespace: int, table: str, guard: str) -> None:
        """Take the rules away whose comment is `guard`."""
        with namespaces.inside(namespace):
            listed = nft._run(("-a", "list", "table", "inet", table))
            chain, taken = "", 0
            for line in map(str.strip, listed.splitlines()):
                if line.startswith("chain"):
                    chain = line.split()[1]
                elif f'comment "{guard}"' in line:
                    handle = line.split()[-1]
                    nft.load(f"delete rule inet {table} {chain} handle {handle}\n")
                    taken += 1
        assert taken, f"there is no guard {guard}"


class Inmate:
    """A sandbox's stand-in: a network namespace with a cable, as a sandbox has it, but with every power an attack may need."""

    def __init__(self, cables: Cables, stack: contextlib.ExitStack) -> None:
        # A namespace of a process: the cable is laid to a pid, as it is to a sandbox's.
        go, gone = os.pipe()
        pid, pidfd = kernel.clone3(kernel.CLONE_NEWNET)
        if pid == 0:
            os.close(gone)
            os.read(go, 1)
            os._exit(0)
        os.close(go)
        try:
            self.address = cables.lay(pid)
            self.namespace = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        finally:
            os.close(gone)
            os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
            os.close(pidfd)
        stack.callback(os.close, self.namespace)
        with namespaces.inside(self.namespace):
            plug_in(self.address)
        cables.settle(self.address)

    def connect(self, to: Address | str, port: int) -> str:
        """What comes of a connection, as `Lan.connect`."""
        return connect(self.namespace, to, port)

    def udp(self) -> socket.socket:
        """A UDP socket of the sandbox's."""
        with namespaces.inside(self.namespace):
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.settimeout(_PATIENCE_SECONDS)
        return made

    def send(self, to: Address | str, port: int, what: bytes = b"ping") -> str:
        """What comes of a datagram: the answer, or the error's name."""
        with self.udp() as caller:

            def exchange() -> bytes:
                caller.connect((str(to), port))
                caller.send(what)
                return caller.recv(2048)

            return told(exchange)

    def forge(self, sender: Address, to: Address, port: int) -> None:
        """Send a datagram whose sender is somebody else, which a sandbox has no socket for."""
        payload = f"from {sender}".encode()
        datagram = struct.pack("!HHHH", 1_000, port, 8 + len(payload), 0) + payload
        head = struct.pack(
            "!BBHHHBBH4s4s",
            *(0x45, 0, 20 + len(datagram), 0, 0, 64, socket.IPPROTO_UDP, 0),
            *(sender.packed, to.packed),
        )
        with namespaces.inside(self.namespace):
            raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        with raw:
            raw.sendto(head + datagram, (str(to), 0))


def connect(namespace: int, to: Address | str, port: int) -> str:
    """What comes of a connection from a namespace: `connected`, `nothing`, or the error's name."""
    family = socket.AF_INET6 if ":" in str(to) else socket.AF_INET
    with namespaces.inside(namespace):
        caller = socket.socket(family, socket.SOCK_STREAM)
    with caller:
        caller.settimeout(_PATIENCE_SECONDS)
        return told(lambda: caller.connect((str(to), port)))


def told(what: Callable[[], object]) -> str:
    """What `what` returned, or the name of the error that it met."""
    try:
        got = what()
    except TimeoutError:
        return "nothing"
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return "connected" if got is None else repr(got)


@contextlib.contextmanager
def lan() -> Iterator[Lan]:
    """A host and the internet."""
    with contextlib.ExitStack() as stack:
        yield Lan(stack)
