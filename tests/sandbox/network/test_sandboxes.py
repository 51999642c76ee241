"""Real sandboxes on a host of the tests' own: what is inside reaches others through its cable, and nothing else."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

import pytest

from lambent.sandbox.network import namespaces, nft, rtnetlink
from lambent.sandbox.network.rules import GATEWAY
from tests.sandbox.conformance import read, readable, run
from tests.sandbox.network.lan import HOST, MAIL, METADATA, PEER, WEB, Lan, lan
from tests.sandbox.network.questions import answer_to, question
from tests.sandbox.probe import tell
from tests.sandbox.spawned import NEEDS_ROOT, DirectBench, client_of, instance, subreaper

pytestmark = [
    *NEEDS_ROOT,
    pytest.mark.skipif(nft.find() is None, reason="nft is not installed"),
]
_CALLS: Final = """
import struct
def dial(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as caller:
        caller.settimeout(2)
        caller.connect((host, port))
    return "connected"
"""
_LINKS: Final = """
print(open("/etc/resolv.conf").read(), socket.gethostname(), sorted(n for _, n in socket.if_nameindex()))
"""


class Place:
    """One instance whose sandboxes have a network."""

    def __init__(self, lan: Lan, bench: DirectBench) -> None:
        self.lan, self.bench = lan, bench

    async def dial(self, *to: tuple[Any, int], more: str = "") -> dict[str, str]:
        """What comes of connections from inside, by where they go."""
        targets = [(str(host), port) for host, port in to]
        source = (
            f"{_CALLS}\nfor host, port in {targets!r}:\n"
            f"    tried(f'{{host}}:{{port}}', lambda: dial(host, port))\n{more}"
        )
        said: dict[str, str] = await tell(self.bench, source)
        return said


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    with subreaper(), lan() as made, instance(tmp_path / "i", lan=made) as on_it:
        async with client_of(on_it) as client:
            yield Place(made, DirectBench(client, on_it))


async def test_others_are_reached_and_this_host_and_its_kind_are_not(place: Place) -> None:
    for namespace in (place.lan.host, place.lan.beyond):
        for port in (WEB, MAIL):
            place.lan.listen(namespace, port)
    router = place.bench.instance.router
    assert router is not None
    refused = [
        (PEER, MAIL),
        (HOST, WEB),
        (router.uplink.host, WEB),
        (router.uplink.router, WEB),
        (GATEWAY, WEB),
        *((address, WEB) for address in METADATA),
    ]
    said = await place.dial(
        (PEER, WEB),
        *refused,
        ("fd00:ec2::254", 80),
        ("2001:db8::1", WEB),
        more="""
tried("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP))
tried("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
tried("ping", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP))
def forge():
    forger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    forger.setsockopt(socket.SOL_IP, 15, 1)  # IP_FREEBIND asks for no capability
    forger.bind(("169.254.20.20", 0))
    forger.connect(("203.0.113.2", 8080))
tried("another's address", forge)
def readdress():
    # RTM_NEWADDR of another address to eth0
    link = socket.if_nametoindex("eth0")
    body = struct.pack("=BBBBI", 2, 32, 0, 0, link) + struct.pack("=HH4s", 8, 2, bytes((169, 254, 20, 20)))
    asks = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
    asks.send(struct.pack("=IHHII", 16 + len(body), 20, 0x405, 1, 0) + body)
    code = struct.unpack_from("=i", asks.recv(4096), 16)[0]
    if code:
        raise OSError(-code, "")
tried("a second address", readdress)
tried("listen on the way out", lambda: socket.create_server((socket.gethostname(), 0)) and None)
""",
    )
    assert said.pop(f"{PEER}:{WEB}") == "GOT 'connected'"
    assert said.pop("listen on the way out") == "GOT None"
    assert {said.pop(f"{address}:{port}") for address, port in refused} == {"ECONNREFUSED"}
    assert {said.pop("fd00:ec2::254:80"), said.pop(f"2001:db8::1:{WEB}")} == {"ENETUNREACH"}
    assert said.pop("another's address") in {"ENETUNREACH", "EINVAL"}
    assert said == {
        "raw": "EPERM",
        "packet": "EPERM",
        "ping": "EACCES",
        "a second address": "EPERM",
    }


async def test_the_inside_names_the_gateway_for_look_ups_and_itself_by_its_address(
    place: Place,
) -> None:
    said, _ = await run(place.bench, f"import socket\n{_LINKS}")
    words = said.decode().split()
    assert words[:2] == ["nameserver", str(GATEWAY)]
    assert words[2].startswith("169.254.")
    assert said.decode().rstrip().endswith("['eth0', 'lo']")


async def test_a_look_up_reaches_whoever_answers_for_the_instance(place: Place) -> None:
    router = place.bench.instance.router
    assert router is not None
    sandbox = await place.bench.sandboxes.make(
        place.bench.plan("import socket; print(socket.gethostbyname('example.org'), end='')")
    )
    asked, who = b"", ("", 0)
    router.udp.setblocking(True)
    asked, who = router.udp.recvfrom(512)
    assert asked[2:] == question("example.org")[2:]
    router.udp.sendto(answer_to(asked, "203.0.113.2"), who)
    assert await read(sandbox.output) == b"203.0.113.2"
    await sandbox.kill()


async def test_two_sandboxes_do_not_reach_one_another(place: Place) -> None:
    listening = await place.bench.sandboxes.make(
        place.bench.plan(
            "import socket\nlisten = socket.create_server((socket.gethostname(), 8080))\n"
            "print(socket.gethostname(), end='', flush=True)\nos.read(REQUESTS, 1)"
        )
    )
    address = (await read(listening.output)).decode()
    assert await place.dial((address, WEB)) == {f"{address}:{WEB}": "ECONNREFUSED"}
    router = place.bench.instance.router
    assert router is not None
    for guard in ("neighbours", "link-local"):
        place.lan.without(router.namespace, "lambent", guard)
    place.lan.accept_everything(router)
    assert await place.dial((address, WEB)) == {f"{address}:{WEB}": "GOT 'connected'"}
    await listening.kill()


async def test_a_sandbox_keeps_its_network_when_the_spawner_dies_and_the_next_lays_cables(
    place: Place,
) -> None:
    place.lan.listen(place.lan.beyond, WEB)
    living = await place.bench.sandboxes.make(
        place.bench.plan(
            "import socket\nprint(end='up', flush=True)\nos.read(REQUESTS, 1)\n"
            f"socket.create_connection(('{PEER}', {WEB}), 5)\nprint(end='reached', flush=True)"
        )
    )
    assert await read(living.output) == b"up"
    place.bench.instance.kill()
    place.bench.instance.start()
    assert (await place.dial((PEER, WEB)))[f"{PEER}:{WEB}"] == "GOT 'connected'"
    os.write(living.requests, b"x")
    assert await read(living.output) == b"reached"
    await living.kill()


async def test_cables_go_with_their_sandboxes(place: Place) -> None:
    router = place.bench.instance.router
    assert router is not None
    sandboxes = [
        await place.bench.sandboxes.make(place.bench.plan("os.read(REQUESTS, 1)")) for _ in range(3)
    ]
    assert len(cables(router.namespace)) == 3
    with namespaces.inside(router.namespace):
        changes = rtnetlink.Netlink(groups=rtnetlink.LINKS_CHANGED)
    with changes:
        for sandbox in sandboxes:
            await sandbox.kill()
        while cables(router.namespace):  # the kernel takes them away a little later, and tells
            await readable(changes.fileno())
            changes.drain()


def cables(namespace: int) -> list[str]:
    """The router's ends."""
    with namespaces.inside(namespace):
        listed = Path("/proc/thread-self/net/dev").read_text().splitlines()
    return [name for line in listed if (name := line.split(":")[0].strip()).startswith("c")]


async def test_without_a_router_there_is_no_link_and_no_name_server(tmp_path: Path) -> None:
    with subreaper(), instance(tmp_path / "i") as made:
        async with client_of(made) as client:
            said, _ = await run(DirectBench(client, made), f"import socket\n{_LINKS}")
            assert said.decode().split() == ["169.254.100.1", "['lo']"]
            told = await tell(
                DirectBench(client, made),
                f"{_CALLS}\ntried('out', lambda: dial('203.0.113.2', 80))\n"
                "tried('name', lambda: socket.gethostbyname('example.org'))",
            )
    assert json.dumps(told) == json.dumps({"out": "ENETUNREACH", "name": "gaierror"})
