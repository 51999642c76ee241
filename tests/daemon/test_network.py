"""The network that the settings ask for, on a host of the tests' own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.daemon.config import Settings
from lambent.daemon.daemon_user import own_user
from lambent.daemon.failure import StartFailure
from lambent.daemon.instance import Instance
from lambent.daemon.network import network_of, sweep_network
from lambent.sandbox.drivers import DIRECT, DRIVERS
from lambent.sandbox.network import nft
from tests.sandbox.network.lan import Lan, lan
from tests.sandbox.network.marks import NEEDS_NETWORKS

pytestmark = NEEDS_NETWORKS
INSTANCE = Instance(id="9f615c", slot=3, run_dir=Path("/nowhere"), lock=-1, user=own_user())
_DROPPED = "this host's firewall (ip filter FORWARD) drops what is forwarded for functions"


@pytest.fixture
def place() -> Iterator[Lan]:
    with lan() as made, made.hosts():
        yield made


def drop_all() -> None:
    nft.load(
        "table ip filter {\nchain FORWARD {\n"
        "type filter hook forward priority filter; policy drop;\n}\n}\n"
    )


def test_without_a_word_it_is_nat_and_nothing_is_left_of_it(place: Lan) -> None:
    with network_of(DRIVERS[DIRECT], Settings(), INSTANCE) as network:
        assert network.shown().startswith("nat: ")
        assert network.router is not None
    sweep_network(INSTANCE.id)
    assert list(nft.tables()) == []


def test_none_is_none(place: Lan) -> None:
    with network_of(DRIVERS[DIRECT], Settings(network_policy="none"), INSTANCE) as network:
        assert network.shown() == "none: functions reach lambent alone"
        assert list(nft.tables()) == []


def test_what_cannot_be_had_is_none_with_the_reason_where_it_was_not_asked_for(place: Lan) -> None:
    drop_all()
    with network_of(DRIVERS[DIRECT], Settings(), INSTANCE) as network:
        assert network.shown() == f"none: {_DROPPED}"


def test_what_is_asked_for_by_name_and_cannot_be_had_is_refused(place: Lan) -> None:
    drop_all()
    asked = Settings(network_policy="nat")
    with pytest.raises(StartFailure) as refused, network_of(DRIVERS[DIRECT], asked, INSTANCE):
        pytest.fail("it began")
    assert str(refused.value) == f"Functions can't have the network asked for: {_DROPPED}."
