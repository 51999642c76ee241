"""When a sandbox's memory is used up, on the spawner's own loop."""

import os
from collections.abc import Iterator

import pytest

from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.shortage import Shortage


class Kernel:
    """Says that it is about to kill, and kills when it likes."""

    def __init__(self) -> None:
        self.event = os.eventfd(0, os.EFD_NONBLOCK)
        self.looks, self.kills_after, self.strikes = 0, 0, 0
        self.reactor = Reactor()
        self.shortage = Shortage(
            descriptor=self.event,
            reactor=self.reactor,
            has_killed=self._has_killed,
            strike=self._strike,
        )

    def _has_killed(self) -> bool:
        self.looks += 1
        return self.kills_after > 0 and self.looks >= self.kills_after

    def _strike(self) -> None:
        self.strikes += 1

    def turn_until(self, looks: int) -> None:
        while self.looks < looks:
            self.reactor.turn()


@pytest.fixture
def kernel() -> Iterator[Kernel]:
    made = Kernel()
    yield made
    made.shortage.close()


def test_what_was_killed_before_anybody_watched_counts(kernel: Kernel) -> None:
    assert (kernel.looks, kernel.strikes) == (1, 0)


def test_the_rest_is_struck_once_the_kernel_has_killed(kernel: Kernel) -> None:
    kernel.kills_after = 4
    os.eventfd_write(kernel.event, 1)
    kernel.turn_until(4)
    assert kernel.strikes == 1


def test_where_the_kernel_kills_nothing_nothing_is_struck_until_it_says_so_again(
    kernel: Kernel,
) -> None:
    os.eventfd_write(kernel.event, 1)
    kernel.turn_until(1 + 250)
    assert kernel.strikes == 0
    kernel.kills_after = 1
    os.eventfd_write(kernel.event, 1)
    kernel.turn_until(1 + 250 + 1)
    assert kernel.strikes == 1


def test_nothing_is_struck_once_it_is_closed(kernel: Kernel) -> None:
    os.eventfd_write(kernel.event, 1)
    kernel.turn_until(2)
    looks = kernel.looks
    kernel.shortage.close()
    kernel.shortage.close()
    kernel.kills_after = 1
    kernel.reactor.turn()
    assert (kernel.looks, kernel.strikes) == (looks, 0)
