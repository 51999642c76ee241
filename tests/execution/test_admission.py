"""How much a host can carry."""

from hypothesis import given
from hypothesis import strategies as st

from lambent.execution.admission import Admission, HostRoom
from lambent.model.function import FunctionKey

MIB = 1_048_576


def room(*, available_mib: int = 10_000, most: int = 10, stalls: bool = False) -> HostRoom:
    """A host that keeps 1000 MiB and estimates 50 for a start."""
    return HostRoom(
        available_memory_bytes=lambda: available_mib * MIB,
        max_environments=most,
        reserve_bytes=1000 * MIB,
        start_estimate_bytes=50 * MIB,
        large_function_environments=4,
        stalls=lambda: stalls,
    )


def test_a_full_host_starts_nothing_though_others_are_starting() -> None:
    host = room(most=2)
    host.live, host.starting, host.waiting = 2, 1, 1
    assert not host.admits(of_function=0, queued=True)
    host.live = 1
    assert host.admits(of_function=0, queued=True)


@given(
    live=st.integers(0, 12),
    starting=st.integers(0, 12),
    waiting=st.integers(0, 12),
    queued=st.booleans(),
)
def test_what_is_admitted_fits(live: int, starting: int, waiting: int, *, queued: bool) -> None:
    host = room()
    host.live, host.starting, host.waiting = live, starting, waiting
    if host.admits(of_function=0, queued=queued):
        assert live + 1 <= 10
        assert live + (waiting - starting) + (not queued) <= 10


def test_memory_that_is_promised_is_not_promised_again() -> None:
    host = room(available_mib=1120)
    assert host.admits(of_function=0)
    host.live = host.starting = 1
    assert host.admits(of_function=0)
    host.live = host.starting = 2
    assert not host.admits(of_function=0)


def test_a_function_with_many_environments_leaves_more_room() -> None:
    host = room(available_mib=1900)
    assert host.admits(of_function=3)
    assert not host.admits(of_function=4)
    host = room()
    host.live = 9
    assert host.admits(of_function=3)
    assert not host.admits(of_function=4)


def test_a_host_below_its_reserve_is_short() -> None:
    assert [room(available_mib=mib).excess for mib in (1000, 999, 950, 949, 0)] == [0, 1, 1, 2, 20]
    host = room(available_mib=900)
    host.ending = 1
    assert host.excess == 1  # the other is on its way already


def test_a_host_that_stalls_for_memory_near_its_reserve_gives_up_one_at_a_time() -> None:
    assert room(available_mib=1999, stalls=True).excess == 1
    assert room(available_mib=2000, stalls=True).excess == 0
    assert room(available_mib=1999).excess == 0


def test_who_waits_for_quiet_is_told_once() -> None:
    admission, told = Admission(limit=2), []
    admission.when_idle(lambda: told.append("at once"))
    share = admission.share(FunctionKey("1", "r", "fn"))
    share.enter()
    admission.when_idle(lambda: told.append("later"))
    assert told == ["at once"]
    share.leave()
    share.enter()
    share.leave()
    assert told == ["at once", "later"]
