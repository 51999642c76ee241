"""Back-off."""

from hypothesis import given
from hypothesis import strategies as st

from lambent.kit.backoff import Backoff

BACKOFF = Backoff(first_seconds=0.1, longest_seconds=5.0)


def test_the_first_attempt_is_at_once_and_then_it_doubles_up_to_the_longest() -> None:
    assert [BACKOFF.before(n) for n in range(9)] == [0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


@given(st.integers(min_value=-10, max_value=10**9))
def test_it_never_overflows_and_never_shrinks(attempt: int) -> None:
    assert 0 <= BACKOFF.before(attempt) <= BACKOFF.before(attempt + 1) <= 5.0
