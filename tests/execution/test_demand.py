"""How many cells recent cold starts ask for."""

from hypothesis import given
from hypothesis import strategies as st

from lambent.execution.demand import Demand


def demand() -> Demand:
    return Demand(fewest=2, most=8, lately_seconds=600.0)


def test_a_runtime_that_was_never_used_wants_none() -> None:
    assert demand().wanted(0.0) == {}


def test_one_that_was_used_wants_a_few_until_it_has_not_been_for_long() -> None:
    d = demand()
    d.starts("python3.13", 5.0)
    assert d.wanted(6.0) == {"python3.13": 2}
    assert d.wanted(605.0) == {"python3.13": 2}
    assert d.wanted(606.0) == {}


def test_a_burst_is_remembered_for_a_minute() -> None:
    d = demand()
    for _ in range(5):
        d.starts("nodejs24.x", 12.0)
    d.starts("nodejs24.x", 30.0)
    assert d.wanted(31.0) == {"nodejs24.x": 5}
    assert d.wanted(69.0) == {"nodejs24.x": 5}
    assert d.wanted(70.0) == {"nodejs24.x": 2}


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(min_value=0, max_value=5)), max_size=60))
def test_there_are_never_too_few_nor_too_many(starts: list[tuple[str, float]]) -> None:
    d, now = demand(), 0.0
    for name, seconds in starts:
        now += seconds
        d.starts(name, now)
        wanted = d.wanted(now)
        assert name in wanted
        assert all(2 <= count <= 8 for count in wanted.values())
