"""What the kernel says of the host's memory."""

from pathlib import Path

import pytest

from lambent.daemon.host_memory import HostMemory
from tests.fakes.clock import ManualClock

SAID = "MemTotal:       24683656 kB\nMemFree:         1 kB\nMemAvailable:   2048 kB\n"


def test_it_is_read_in_bytes_and_not_more_often_than_it_matters(tmp_path: Path) -> None:
    meminfo, clock = tmp_path / "meminfo", ManualClock()
    meminfo.write_text(SAID)
    memory = HostMemory(clock=clock, meminfo=meminfo)
    assert memory.total_bytes() == 24_683_656 * 1024
    assert memory.available_bytes() == 2_097_152
    meminfo.write_text(SAID.replace("2048", "1024"))
    assert memory.available_bytes() == 2_097_152
    clock.advance(0.06)
    assert memory.available_bytes() == 1_048_576


def test_a_kernel_that_does_not_say_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "meminfo").write_text("MemFree: 1 kB\n")
    with pytest.raises(ValueError, match="has no MemAvailable"):
        HostMemory(clock=ManualClock(), meminfo=tmp_path / "meminfo").available_bytes()


@pytest.mark.parametrize(
    ("text", "stalls"),
    [
        ("some avg10=9.99 avg60=50.00 avg300=0.00 total=1\nfull avg10=99.00\n", False),
        ("some avg10=10.00 avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00\n", True),
    ],
)
def test_a_host_stalls_when_somebody_waits_for_memory_a_tenth_of_the_time(
    tmp_path: Path, text: str, *, stalls: bool
) -> None:
    (tmp_path / "pressure").write_text(text)
    assert HostMemory(clock=ManualClock(), pressure=tmp_path / "pressure").stalls() is stalls


def test_a_kernel_that_does_not_count_stalls_never_does(tmp_path: Path) -> None:
    assert not HostMemory(clock=ManualClock(), pressure=tmp_path / "none").stalls()
