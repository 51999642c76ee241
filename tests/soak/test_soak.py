"""A short soak: random kills leave nothing behind. `./lambent soak --minutes N` is the long one."""

import re
from pathlib import Path
from typing import Final

import pytest

from lambent.sandbox.network import nft
from lambent.sandbox.network.rules import table_name
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.waiting import eventually
from tests.soak.campaign import campaign
from tests.soak.host import holding

_MUCH_KIB: Final = 1 << 20


@pytest.mark.acceptance
@pytest.mark.root
@pytest.mark.timeout(180)
def test_random_kills_leave_nothing_behind(tmp_path: Path) -> None:
    report = campaign(
        go_on=lambda so_far: so_far.rounds < 8, seed=7, directory=tmp_path, say=lambda _: None
    )
    assert report.faults == [], str(report)


@pytest.mark.acceptance
@pytest.mark.root
@pytest.mark.timeout(60)
def test_a_rule_or_table_too_many_is_found(tmp_path: Path) -> None:
    with DaemonProcess(tmp_path / "data") as daemon:
        # The network is made beside the start.
        eventually(lambda: holding(daemon).counts["links of the host"])
        before = holding(daemon)
        (instance,) = daemon.instances()
        table = table_name(instance)
        nft.load(f"add chain inet {table} left\nadd rule inet {table} left accept\n")
        found = holding(daemon).more_than(before, memory_kib=_MUCH_KIB)
        assert any(re.fullmatch(r"rules of the host: \d+ before, \d+ now", line) for line in found)
        nft.load(f"delete table inet {table}\n")
        assert not holding(daemon).counts.get("tables of the host")
        nft.load(f"add table inet {table}\n")
        daemon.stop()
        assert daemon.leftovers() == []
        nft.load(f"add table inet {table}\n")
        try:
            assert daemon.leftovers() == [f"table {table}"]
        finally:
            nft.load(f"delete table inet {table}\n")
