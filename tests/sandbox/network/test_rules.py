"""What the rules keep out, each shown to be reached once its rule is taken away."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.sandbox.network import namespaces, nft, rtnetlink
from lambent.sandbox.network.router import Router
from lambent.sandbox.network.rules import GATEWAY
from tests.sandbox.network.lan import HOST, MAIL, METADATA, PEER, WEB, Address, Lan, lan
from tests.sandbox.network.marks import NEEDS_NETWORKS

pytestmark = NEEDS_NETWORKS
ROUTERS, HOSTS = "lambent", "lambent-t"


class Place:
    """One instance with two sandboxes on a host, which has a listener for everything."""

    def __init__(self, lan: Lan) -> None:
        self.lan = lan
        self.router: Router = lan.router()
        self.one, self.other = lan.inmates(self.router, 2)

    def without(self, *guards: str) -> None:
        """Take guards of the router's away."""
        for guard in guards:
            self.lan.without(self.router.namespace, ROUTERS, guard)

    def without_hosts(self, *guards: str) -> None:
        """Take guards of the host's away."""
        for guard in guards:
            self.lan.without(self.lan.host, HOSTS, guard)


@pytest.fixture
def place() -> Iterator[Place]:
    with lan() as made:
        yield Place(made)


def test_a_peer_is_reached_by_tcp_and_udp_and_sees_the_host(place: Place) -> None:
    web = place.lan.listen(place.lan.beyond, WEB)
    assert place.one.connect(PEER, WEB) == "connected"
    heard, caller = web.accept()
    heard.close()
    assert caller[0] == str(HOST)
    clock = place.lan.receive(place.lan.beyond, 123)
    with place.one.udp() as asks:
        asks.connect((str(PEER), 123))
        asks.send(b"what time is it")
        question, asker = clock.recvfrom(100)
        clock.sendto(b"late", asker)
        assert (question, asker[0]) == (b"what time is it", str(HOST))
        assert asks.recv(100) == b"late"


def test_a_port_that_nobody_listens_on_refuses_at_once(place: Place) -> None:
    assert place.one.connect(PEER, WEB) == "ECONNREFUSED"


def test_mail_is_refused(place: Place) -> None:
    place.lan.listen(place.lan.beyond, MAIL)
    assert place.one.connect(PEER, MAIL) == "ECONNREFUSED"
    place.without("mail")
    assert place.one.connect(PEER, MAIL) == "connected"


@pytest.mark.parametrize("address", METADATA, ids=str)
def test_metadata_is_refused(place: Place, address: Address) -> None:
    place.lan.listen(place.lan.beyond, 80)
    assert place.one.connect(address, 80) == "ECONNREFUSED"
    assert place.one.send(address, 80) == "EHOSTUNREACH"
    place.without("link-local", "metadata")
    assert place.one.connect(address, 80) == "connected"


def test_a_neighbour_is_refused(place: Place) -> None:
    place.lan.listen(place.other.namespace, WEB)
    secret = place.lan.receive(place.other.namespace, WEB)
    assert place.one.connect(place.other.address, WEB) == "ECONNREFUSED"
    assert place.one.send(place.other.address, WEB) == "EHOSTUNREACH"
    place.without("neighbours", "link-local")
    place.lan.accept_everything(place.router)
    assert place.one.connect(place.other.address, WEB) == "connected"
    assert place.one.send(place.other.address, WEB) == "nothing"
    assert secret.recv(100) == b"ping"


def test_the_router_answers_nothing_but_look_ups_of_names(place: Place) -> None:
    for port in (WEB, 4566):
        place.lan.listen(place.router.namespace, port)
    for address in (GATEWAY, place.router.uplink.router):
        assert place.one.connect(address, WEB) == "ECONNREFUSED"
    assert place.one.connect(GATEWAY, 53) == "connected"
    assert place.one.connect(place.router.uplink.router, 53) == "ECONNREFUSED"


def test_no_address_of_the_host_is_reached_also_none_that_it_is_given_later(place: Place) -> None:
    later = Address("198.51.100.7")
    with place.lan.hosts(), rtnetlink.Netlink() as netlink:
        netlink.ask(rtnetlink.address(socket.if_nametoindex("wan"), later, prefix=32))
    place.lan.listen(place.lan.host, WEB)
    uplink = place.router.uplink.host
    for address in (HOST, later, uplink, Address("203.0.113.255")):
        assert place.one.connect(address, WEB) == "ECONNREFUSED"
        assert place.one.send(address, WEB) == "EHOSTUNREACH"
    # Each of the two guards is enough.
    place.without_hosts("own addresses")
    assert place.one.connect(HOST, WEB) == "ECONNREFUSED"
    place.without_hosts("translated to own addresses")
    for address in (HOST, later, uplink):
        assert place.one.connect(address, WEB) == "connected"


def test_an_address_of_the_host_that_somebody_translates_to_another_host_is_refused(
    place: Place,
) -> None:
    """As a container engine publishes a container's port on the host's addresses."""
    place.lan.listen(place.lan.beyond, WEB)
    with place.lan.hosts():
        nft.load(
            "table ip nat { chain PREROUTING { type nat hook prerouting priority dstnat;\n"
            f"fib daddr type local tcp dport 9999 dnat to {PEER}:{WEB}\n}}\n}}\n"
        )
    assert place.one.connect(HOST, 9999) == "ECONNREFUSED"
    place.without_hosts("own addresses")
    assert place.one.connect(HOST, 9999) == "connected"


def test_nothing_comes_in(place: Place) -> None:
    place.lan.listen(place.one.namespace, WEB)
    with namespaces.inside(place.lan.beyond), rtnetlink.Netlink() as netlink:
        index = socket.if_nametoindex("h")
        for address in (place.one.address, place.router.uplink.router):
            netlink.ask(rtnetlink.route_by(address, HOST, by=index))
    with place.lan.hosts(), rtnetlink.Netlink() as netlink:
        index = socket.if_nametoindex(place.router.uplink.link)
        netlink.ask(rtnetlink.route_by(place.one.address, place.router.uplink.router, by=index))
    outsider = place.lan.beyond
    assert place.lan.connect(outsider, place.one.address, WEB) == "nothing"
    place.without_hosts("inbound", "guarded", "false senders")
    assert place.lan.connect(outsider, place.one.address, WEB) == "nothing"
    place.lan.accept_everything(place.router)
    assert place.lan.connect(outsider, place.one.address, WEB) == "connected"


def test_a_false_sender_is_dropped(place: Place) -> None:
    heard = place.lan.receive(place.lan.beyond, WEB)
    place.one.forge(place.other.address, PEER, WEB)
    place.one.forge(place.one.address, PEER, WEB)
    assert heard.recv(100) == f"from {place.one.address}".encode()
    place.without("false senders")
    place.one.forge(place.other.address, PEER, WEB)
    assert heard.recv(100) == f"from {place.other.address}".encode()


def test_a_way_that_the_sender_chose_is_not_gone(place: Place) -> None:
    """A source route shows PEER to the rules, and ends at the metadata service."""
    heard = place.lan.receive(place.lan.beyond, WEB, METADATA[1])
    heard.settimeout(0.5)

    def accept_source_routes(namespace: int) -> None:
        with namespaces.inside(namespace):
            for link in Path("/proc/sys/net/ipv4/conf").iterdir():
                (link / "accept_source_route").write_text("1")

    def sneak() -> None:
        with place.one.udp() as caller:
            way = bytes((0x83, 7, 4)) + PEER.packed + b"\0"
            caller.setsockopt(socket.SOL_IP, socket.IP_OPTIONS, way)
            caller.sendto(b"sneaked in", (str(METADATA[1]), WEB))

    for namespace in (place.lan.host, place.lan.beyond):
        accept_source_routes(namespace)
    sneak()
    with pytest.raises(TimeoutError):
        heard.recv(100)
    accept_source_routes(place.router.namespace)
    sneak()
    assert heard.recv(100) == b"sneaked in"


def test_there_is_no_ipv6_at_all(place: Place) -> None:
    place.lan.listen(place.lan.beyond, WEB)
    for address in ("2001:db8::1", "fd00:ec2::254", "fe80::1"):
        assert place.one.connect(address, WEB) in {"ENETUNREACH", "EADDRNOTAVAIL", "EINVAL"}
    with namespaces.inside(place.one.namespace):
        links = Path("/proc/thread-self/net/if_inet6").read_text().split("\n")
    assert not [line for line in links if line.endswith("eth0")]


def test_connections_of_one_sandbox_are_bounded_and_leave_others_theirs(place: Place) -> None:
    with contextlib.ExitStack() as stack:
        callers = [stack.enter_context(place.one.udp()) for _ in range(1_025)]
        for port, caller in enumerate(callers, 2_000):
            caller.connect((str(PEER), port))
            caller.send(b"x")
        place.lan.listen(place.lan.beyond, WEB)
        assert place.one.connect(PEER, WEB) == "ECONNREFUSED"
        assert place.other.connect(PEER, WEB) == "connected"


def test_another_instance_is_refused(place: Place) -> None:
    second = place.lan.router("second", slot=1)
    (stranger,) = place.lan.inmates(second)
    place.lan.listen(stranger.namespace, WEB)
    for address in (second.uplink.router, second.uplink.host):
        assert place.one.connect(address, WEB) in {"ECONNREFUSED", "nothing"}
    place.lan.listen(place.lan.beyond, WEB)
    assert place.one.connect(PEER, WEB) == stranger.connect(PEER, WEB) == "connected"
