from hypothesis import given
from hypothesis import strategies as st

from lambent.http.budget import Budget, Share


def nothing() -> None:
    """For who does not wait."""


def test_a_share_that_does_not_fit_waits_its_turn() -> None:
    order: list[str] = []
    budget = Budget(size=100)
    first = budget.ask(80, nothing)
    second = budget.ask(30, lambda: order.append("second"))
    third = budget.ask(10, lambda: order.append("third"))
    assert (first.waiting, second.waiting, third.waiting) == (False, True, True)
    first.release()
    assert order == ["second", "third"]
    assert budget.held == 40


def test_one_that_stops_waiting_lets_the_next_in() -> None:
    granted: list[str] = []
    budget = Budget(size=100)
    first = budget.ask(100, nothing)
    second = budget.ask(100, lambda: granted.append("second"))
    third = budget.ask(50, lambda: granted.append("third"))
    second.release()
    first.release()
    assert granted == ["third"]
    third.release()
    third.release()
    assert budget.held == 0


def test_more_than_everything_is_granted_alone() -> None:
    assert not Budget(size=10).ask(1000, nothing).waiting


def test_a_forgotten_share_comes_back() -> None:
    budget = Budget(size=10)
    share: Share | None = budget.charge(10)
    assert budget.held == 10
    del share
    assert budget.held == 0


def test_a_shrunk_share_gives_the_difference_back() -> None:
    budget = Budget(size=100)
    share = budget.ask(90, nothing)
    share.shrink(20)
    assert budget.held == 20
    share.release()
    assert budget.held == 0


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), max_size=30))
def test_whatever_is_released_in_whatever_order_nothing_is_left(
    asks: list[tuple[int, bool]],
) -> None:
    budget = Budget(size=100)
    shares: list[Share] = []
    for size, release_oldest in asks:
        shares.append(budget.ask(size, nothing))
        assert budget.held <= 100
        if release_oldest:
            shares.pop(0).release()
    while shares:
        shares.pop().release()
    assert budget.held == 0
