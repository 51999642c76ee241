"""A host that forwards nothing forwards for functions alone; one that forwards anyway is left as it is."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.sandbox.network import namespaces, nft, rtnetlink
from lambent.sandbox.network.forwarding import Follower
from lambent.sandbox.network.router import NoOutlet, open_router, sweep
from lambent.sandbox.network.rules import GUARDED, link_name
from tests.sandbox.network.lan import HOST, PEER, WEB, Address, Lan, connect, lan
from tests.sandbox.network.marks import NEEDS_NETWORKS

pytestmark = NEEDS_NETWORKS
_SETTINGS = Path("/proc/sys/net/ipv4")
BEHIND = Address("198.51.100.2")
"""Somebody on another network of the host's."""


@pytest.fixture
def place() -> Iterator[Lan]:
    with lan() as made:
        yield made


def forwards(place: Lan, link: str) -> bool:
    with place.hosts():
        return (_SETTINGS / "conf" / link / "forwarding").read_text() == "1\n"


def host_forwards(place: Lan, *, on: bool) -> None:
    with place.hosts():
        (_SETTINGS / "ip_forward").write_text("1" if on else "0")


def guarded(place: Lan, instance: str = "t") -> set[str]:
    with place.hosts():
        return set(nft.elements("inet", f"lambent-{instance}", GUARDED))


def other_network(place: Lan) -> None:
    """Give the host a second network, and the one beyond a way to it through the host."""
    with namespaces.inside(place.beyond), rtnetlink.Netlink() as netlink:
        netlink.ask(rtnetlink.cable("b", peer="lan2", peer_namespace=place.host))
        index = socket.if_nametoindex("b")
        netlink.ask(rtnetlink.address(index, BEHIND, prefix=24))
    with place.hosts(), rtnetlink.Netlink() as netlink:
        index = socket.if_nametoindex("lan2")
        netlink.ask(
            rtnetlink.address(index, Address("198.51.100.1"), prefix=24),
            rtnetlink.raise_link(index),
        )


def left(place: Lan) -> set[str]:
    """What lambent has on the host."""
    with place.hosts():
        links = {name for _, name in socket.if_nameindex() if name.startswith(("lb-", "lp-"))}
        return links | {name for _, name in nft.tables()}


def test_a_link_forwards_for_functions_alone_and_as_before_afterwards(place: Lan) -> None:
    other_network(place)
    with place.hosts():
        router = open_router(instance="t", slot=0)
    assert forwards(place, "wan")
    assert forwards(place, "lan2")
    assert guarded(place) == {"wan", "lan2"}
    router.close()
    with place.hosts():
        sweep("t")
    assert not forwards(place, "wan")
    assert not forwards(place, "lan2")
    assert not {name for name in left(place) if not name.startswith("lp-")}


def test_strangers_are_not_forwarded(place: Lan) -> None:
    """The namespace beyond is on both networks; the host would carry from one to the other."""
    stranger = namespaces.make()
    place.keep(stranger)
    with namespaces.inside(stranger), rtnetlink.Netlink() as netlink:
        netlink.ask(rtnetlink.cable("s", peer="lan2", peer_namespace=place.host))
        index = socket.if_nametoindex("s")
        netlink.ask(
            rtnetlink.address(index, BEHIND, prefix=24),
            rtnetlink.default_route(Address("198.51.100.1"), by=index),
        )
    with place.hosts(), rtnetlink.Netlink() as netlink:
        index = socket.if_nametoindex("lan2")
        netlink.ask(
            rtnetlink.address(index, Address("198.51.100.1"), prefix=24),
            rtnetlink.raise_link(index),
        )
    with namespaces.inside(place.beyond), rtnetlink.Netlink() as netlink:
        netlink.ask(rtnetlink.route_by(BEHIND, HOST, by=socket.if_nametoindex("h")))
    place.listen(place.beyond, WEB)
    place.settle(stranger, "s")
    assert connect(stranger, PEER, WEB) == "nothing"
    place.router()
    assert connect(stranger, PEER, WEB) == "nothing"
    place.without(place.host, "lambent-t", "guarded")
    assert connect(stranger, PEER, WEB) == "connected"


def test_a_host_that_forwards_anyway_is_left_alone(place: Lan) -> None:
    host_forwards(place, on=True)
    with place.hosts():
        open_router(instance="t", slot=0).close()
        assert guarded(place) == set()
        sweep("t")
        assert (_SETTINGS / "ip_forward").read_text() == "1\n"
    assert forwards(place, "wan")


def test_a_link_that_its_owner_lets_forward_is_not_guarded_and_goes_on(place: Lan) -> None:
    with place.hosts():
        (_SETTINGS / "conf/wan/forwarding").write_text("1")
        open_router(instance="t", slot=0).close()
        assert guarded(place) == set()
        sweep("t")
    assert forwards(place, "wan")


def test_two_instances_share_a_link_and_the_last_turns_it_off(place: Lan) -> None:
    with place.hosts():
        first = open_router(instance="t", slot=0)
        second = open_router(instance="second", slot=1)
        first.close()
        sweep("t")
    assert guarded(place, "second") == {"wan"}
    assert forwards(place, "wan")
    second.close()
    with place.hosts():
        sweep("second")
    assert not forwards(place, "wan")


def test_a_table_of_another_instance_without_its_record_keeps_nobody_from_the_network(
    place: Lan,
) -> None:
    with place.hosts():
        nft.load("add table inet lambent-odd\n")
        open_router(instance="t", slot=0).close()
        assert guarded(place) == {"wan"}
        sweep("t")
        sweep("odd")
    assert left(place) == set()
    assert not forwards(place, "wan")


def test_routes_are_followed_and_a_host_that_begins_to_forward_is_left_alone(place: Lan) -> None:
    place.router()
    with place.hosts():
        follower = Follower("t")
        follower.follow()
        other_network(place)
        place.await_readable(follower)
        follower.follow()
        assert forwards(place, "lan2")
        assert guarded(place) == {"wan", "lan2"}
        host_forwards(place, on=True)
        place.await_readable(follower)
        follower.follow()
        assert guarded(place) == set()
        follower.close()


def test_a_foreign_firewall_that_drops_is_told_by_name_and_nothing_is_left(place: Lan) -> None:
    drop_all(place)
    with place.hosts(), pytest.raises(NoOutlet, match=r"\(ip filter FORWARD\) drops"):
        open_router(instance="t", slot=0)
    assert {name for name in left(place) if not name.startswith("lp-")} == {"filter"}
    assert not forwards(place, "wan")


def test_a_firewall_that_refuses_by_its_last_rule_is_told_too(place: Lan) -> None:
    with place.hosts():
        nft.load(
            "table inet firewalld { chain filter_FORWARD {\n"
            "type filter hook forward priority filter + 10; policy accept;\n"
            "ct state established accept\nreject with icmpx type admin-prohibited\n}\n}\n"
        )
    with place.hosts(), pytest.raises(NoOutlet, match=r"\(inet firewalld filter_FORWARD\) drops"):
        open_router(instance="t", slot=0)


def test_docker_s_chain_for_operators_lets_functions_out_where_that_is_allowed(place: Lan) -> None:
    drop_all(place)
    with place.hosts():
        router = open_router(instance="t", slot=0, through_docker=True)
    (inmate,) = place.inmates(router)
    place.listen(place.beyond, WEB)
    assert inmate.connect(PEER, WEB) == "connected"
    if (iptables := shutil.which("iptables-nft")) is not None:  # it must still read its table
        with place.hosts():
            told = subprocess.run([iptables, "-S", "DOCKER-USER"], check=True, capture_output=True)
        assert b"-A DOCKER-USER -i lb-t -j ACCEPT\n-A DOCKER-USER -j RETURN" in told.stdout
    router.close()
    with place.hosts():
        sweep("t")
        assert nft.rule_handles("ip", "filter", "DOCKER-USER", naming="lb-t") == []


def drop_all(place: Lan) -> None:
    """What a container engine does."""
    with place.hosts():
        nft.load(
            "table ip filter {\nchain DOCKER-USER {\ncounter return\n}\n"
            "chain FORWARD {\ntype filter hook forward priority filter; policy drop;\n"
            "counter jump DOCKER-USER\n}\n}\n"
        )


def test_without_free_addresses_the_reason_is_told(place: Lan) -> None:
    with place.hosts(), rtnetlink.Netlink() as netlink:
        index = socket.if_nametoindex("wan")
        for first in ("100.127.255.0", "198.19.255.0", "172.31.255.0", "10.255.255.0"):
            netlink.ask(rtnetlink.route_to(Address(first), by=index))
        router = open_router(instance="t", slot=0)
        assert str(router.uplink.host) == "192.168.255.0"
        router.close()
        sweep("t")
        netlink.ask(rtnetlink.route_to(Address("192.168.255.1"), by=index))
        with pytest.raises(NoOutlet, match="no addresses are free"):
            open_router(instance="t", slot=0)


def test_a_link_s_name_holds_the_instance_and_fits() -> None:
    assert link_name("9f615c") == "lb-9f615c"
    assert len(link_name("x" * 32)) == 15
    assert link_name("x" * 32) != link_name("y" * 32)
