"""The timer wheel, against the plain meaning of a deadline."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.kit.wheel import TimerWheel
from tests.fakes.clock import ManualClock

TICK = 0.25  # a binary fraction, so that sums of it are exact


def wheel_of(slots: int = 8) -> tuple[TimerWheel, ManualClock]:
    clock = ManualClock()
    return TimerWheel(clock=clock, tick_seconds=TICK, slots=slots), clock


delays = st.integers(min_value=0, max_value=200).map(lambda n: n / 16)


@given(st.lists(delays, max_size=20), st.lists(delays, min_size=1, max_size=20))
def test_a_deadline_never_fires_early_and_at_most_a_tick_late(
    timers: list[float], steps: list[float]
) -> None:
    wheel, clock = wheel_of()
    start, fired = clock.monotonic(), dict.fromkeys(range(len(timers)), -1.0)

    def note(number: int) -> None:
        fired[number] = clock.monotonic() - start

    for number, delay in enumerate(timers):
        wheel.set(delay, partial(note, number))
    before = 0.0
    for step in steps:
        clock.advance(step)
        wheel.advance()
        now = clock.monotonic() - start
        for number, delay in enumerate(timers):
            if fired[number] >= 0:
                assert fired[number] >= delay
            else:
                assert now < delay + TICK
        before = now
    assert before == sum(steps)


@given(st.lists(delays, min_size=1, max_size=20), st.data())
def test_a_cancelled_deadline_never_fires_and_the_others_do(
    timers: list[float], data: st.DataObject
) -> None:
    wheel, clock = wheel_of()
    fired: list[int] = []
    made = [wheel.set(delay, partial(fired.append, n)) for n, delay in enumerate(timers)]
    cancelled = data.draw(st.sets(st.sampled_from(range(len(timers)))))
    for number in cancelled:
        made[number].cancel()
    clock.advance(max(timers) + TICK)
    wheel.advance()
    assert sorted(fired) == [n for n in range(len(timers)) if n not in cancelled]
    assert not any(timer.waiting for timer in made)


@given(st.integers(min_value=0, max_value=100))
def test_a_call_that_raises_leaves_the_rest_for_the_next_advance(late_ticks: int) -> None:
    wheel, clock = wheel_of()
    fired: list[str] = []

    def broken() -> None:
        raise ArithmeticError

    wheel.set(TICK, broken)
    wheel.set(TICK, lambda: fired.append("beside"))
    wheel.set(TICK * 3, lambda: fired.append("later"))
    clock.advance(TICK * (3 + late_ticks))
    with pytest.raises(ArithmeticError):
        wheel.advance()
    wheel.advance()
    assert sorted(fired) == ["beside", "later"]


@given(st.integers(min_value=1, max_value=100))
def test_what_a_call_sets_waits_for_the_next_tick_however_late_the_wheel_is(late: int) -> None:
    wheel, clock = wheel_of()
    fired: list[str] = []

    def again() -> None:
        fired.append("call")
        wheel.set(0, again)

    wheel.set(0, again)
    clock.advance(TICK * late)
    wheel.advance()
    assert fired == ["call"]
    clock.advance(TICK)
    wheel.advance()
    assert fired == ["call", "call"]


def test_a_timer_fires_once() -> None:
    wheel, clock = wheel_of()
    fired: list[None] = []
    wheel.set(0, lambda: fired.append(None))
    for _ in range(20):
        clock.advance(TICK)
        wheel.advance()
    assert len(fired) == 1
