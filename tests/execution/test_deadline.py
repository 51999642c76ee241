"""One timer, many deadlines."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from lambent.execution.deadline import Deadline
from lambent.kit.wheel import Timer, TimerWheel
from tests.fakes.clock import ManualClock

STEPS = st.lists(
    st.tuples(st.sampled_from(("set", "cancel", "pass")), st.floats(min_value=0.02, max_value=5)),
    max_size=30,
)


@given(steps=STEPS)
def test_it_calls_once_for_what_was_set_last_never_early_and_hardly_late(
    steps: list[tuple[str, float]],
) -> None:
    clock = ManualClock()
    wheel = TimerWheel(clock=clock)
    calls: list[float] = []
    deadline = Deadline(clock=clock, wheel=wheel, call=lambda: calls.append(clock.monotonic()))
    due: float | None = None
    for step, seconds in steps:
        if step == "set":
            due = clock.monotonic() + seconds
            deadline.set(due, now=clock.monotonic())
        elif step == "cancel":
            due = None
            deadline.cancel()
        else:
            end = clock.monotonic() + seconds
            while clock.monotonic() < end:
                clock.advance(0.01)
                wheel.advance()
                if calls:
                    assert due is not None
                    assert -1e-6 <= calls.pop() - due <= 0.05
                    due = None
            assert due is None or clock.monotonic() <= due + 0.05


def test_a_deadline_that_is_met_again_and_again_sets_one_timer() -> None:
    clock = ManualClock()
    wheel = Counting(clock=clock)
    deadline = Deadline(clock=clock, wheel=wheel, call=lambda: None)
    for _ in range(1000):
        now = clock.monotonic()
        deadline.set(now + 3, now=now)
        clock.advance(0.001)
        wheel.advance()
        deadline.cancel()
    assert wheel.timers == 1


class Counting(TimerWheel):
    """Counts the timers that are set."""

    timers = 0

    def set(self, delay_seconds: float, call: Callable[[], None]) -> Timer:
        """Count it."""
        self.timers += 1
        return super().set(delay_seconds, call)
