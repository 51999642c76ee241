"""What connections share."""

from lambent.http.house import PLAIN_FAILURE, House
from lambent.http.limits import HttpLimits
from lambent.kit.wheel import TimerWheel
from tests.fakes.clock import ManualClock


class Watched:
    """A guest that counts how often it is judged."""

    def __init__(self) -> None:
        self.checks = 0

    def check(self, now: int) -> None:
        self.checks += 1

    def retire(self) -> None:
        raise AssertionError("nobody drains")

    def abort(self) -> None:
        raise AssertionError("nobody aborts")


def test_a_guest_of_a_house_that_was_empty_for_long_is_not_judged_as_it_enters() -> None:
    clock = ManualClock()
    wheel = TimerWheel(clock=clock)
    house = House(clock=clock, wheel=wheel, limits=HttpLimits(), failure=PLAIN_FAILURE)
    clock.advance(1_000)
    guest = Watched()
    house.enter(guest)
    assert guest.checks == 0
    assert house.now == 1_000
    clock.advance(1.1)
    wheel.advance()
    assert guest.checks == 1
