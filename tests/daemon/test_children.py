"""Back-off and crash loops, over processes that exist in memory only."""

import errno
import signal
from collections.abc import Sequence

import pytest

from lambent.daemon.children import CRASHES, WINDOW_SECONDS, Children
from lambent.daemon.processes import Program
from lambent.kit.backoff import Backoff
from tests.fakes.clock import ManualClock


class FakeProcesses:
    """`lambent.daemon.processes.Processes` in memory; `wait` lets the time pass."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self._next = 100
        self.running: dict[int, str] = {}
        self.sent: list[tuple[str, signal.Signals]] = []
        self.refuse = False
        self.obeys = {signal.SIGTERM, signal.SIGKILL}
        self.hear: list[signal.Signals] = []
        self._ended: list[tuple[int, int]] = []

    def start(self, program: Program) -> int:
        if self.refuse:
            raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
        self._next += 1
        self.running[self._next] = program.name
        return self._next

    def send(self, pid: int, number: signal.Signals) -> None:
        self.sent.append((self.running[pid], number))
        if number in self.obeys:
            self.end(pid, -number)

    def end(self, pid: int, code: int) -> None:
        del self.running[pid]
        self._ended.append((pid, code))

    def reap(self) -> Sequence[tuple[int, int]]:
        ended, self._ended = self._ended, []
        return ended

    def childless(self) -> bool:
        return not self.running and not self._ended

    def kill_children(self) -> None:
        for pid in list(self.running):
            self.end(pid, -signal.SIGKILL)

    def wait(self, seconds: float) -> signal.Signals | None:
        if self.hear:
            return self.hear.pop(0)
        self._clock.advance(seconds)
        return None


class Rig:
    def __init__(self, *names: str) -> None:
        self.clock = ManualClock()
        self.processes = FakeProcesses(self.clock)
        self.children = Children(
            [Program(name=name, argv=[name]) for name in names],
            processes=self.processes,
            clock=self.clock,
            backoff=Backoff(first_seconds=0.1, longest_seconds=5.0),
        )
        self.children.attend()

    def crash(self, name: str) -> float | None:
        """End it and answer in how many seconds it is to be started again."""
        self.processes.end(self.children.pids()[name], 1)
        self.children.attend()
        return None if name in self.children.pids() else self.children.due_in()


@pytest.fixture
def rig() -> Rig:
    return Rig("one")


def test_the_first_restart_is_at_once(rig: Rig) -> None:
    first = rig.children.pids()["one"]
    assert rig.crash("one") is None
    assert rig.children.pids()["one"] != first


def test_one_that_ends_again_and_again_is_started_ever_more_slowly(rig: Rig) -> None:
    rig.crash("one")
    waits = []
    for _ in range(8):
        wait = rig.crash("one")
        assert wait is not None
        waits.append(round(wait, 6))
        rig.clock.advance(wait)
        rig.children.attend()
    assert waits == [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_one_that_lived_is_started_at_once_however_often_it_ends(rig: Rig) -> None:
    for _ in range(20):
        rig.clock.advance(1.0)
        assert rig.crash("one") is None


def test_a_crash_loop_shows_after_some_ends_and_passes_once_it_has_held(rig: Rig) -> None:
    for _ in range(CRASHES):
        assert rig.children.looping() == []
        rig.crash("one")
        rig.clock.advance(rig.children.due_in() or 0)
        rig.children.attend()
    assert rig.children.looping() == ["one"]
    rig.clock.advance(rig.children.due_in() or 0)
    rig.children.attend()
    assert rig.children.looping() == []
    assert rig.children.due_in() is None


def test_a_program_that_ended_often_but_long_ago_is_not_looping(rig: Rig) -> None:
    for _ in range(20):
        rig.clock.advance(WINDOW_SECONDS / (CRASHES - 1))
        rig.crash("one")
        assert rig.children.looping() == []


def test_a_program_that_cannot_be_started_is_tried_again(rig: Rig) -> None:
    rig.processes.refuse = True
    rig.crash("one")
    for _ in range(4):
        rig.clock.advance(rig.children.due_in() or 0)
        rig.children.attend()
    assert rig.children.looping() == ["one"]
    assert rig.children.pids() == {}
    rig.processes.refuse = False
    rig.clock.advance(rig.children.due_in() or 0)
    rig.children.attend()
    assert "one" in rig.children.pids()


def test_one_that_crashes_leaves_the_others_alone() -> None:
    rig = Rig("one", "two")
    two = rig.children.pids()["two"]
    for _ in range(5):
        rig.clock.advance(rig.children.due_in() or 0)
        rig.children.attend()
        if "one" in rig.children.pids():
            rig.crash("one")
    assert rig.children.pids()["two"] == two
    assert rig.children.restarts()["two"] == 0


def test_stopping_goes_backwards_one_after_another_and_starts_nothing_again() -> None:
    rig = Rig("one", "two", "three")
    rig.children.stop()
    assert rig.processes.sent == [(n, signal.SIGTERM) for n in ("three", "two", "one")]
    rig.children.attend()
    assert rig.children.pids() == {}


def test_who_ignores_sigterm_gets_sigkill_after_its_grace(rig: Rig) -> None:
    rig.processes.obeys = {signal.SIGKILL}
    before = rig.clock.monotonic()
    rig.children.stop()
    assert rig.processes.sent == [("one", signal.SIGTERM), ("one", signal.SIGKILL)]
    assert rig.clock.monotonic() - before == pytest.approx(3.0)


def test_who_outlives_even_sigkill_does_not_hold_up_the_end(rig: Rig) -> None:
    rig.processes.obeys = set()
    rig.children.stop()
    assert rig.children.pids() != {}


def test_a_sigint_while_stopping_kills_all_that_is_left_at_once() -> None:
    rig = Rig("one", "two", "three")
    rig.processes.obeys = {signal.SIGKILL}
    rig.processes.hear = [signal.SIGINT]
    before = rig.clock.monotonic()
    rig.children.stop()
    assert rig.processes.sent == [
        ("three", signal.SIGTERM),
        ("three", signal.SIGKILL),
        ("two", signal.SIGKILL),
        ("one", signal.SIGKILL),
    ]
    assert rig.clock.monotonic() == before


def test_adopted_orphans_are_killed_and_reaped(rig: Rig) -> None:
    rig.children.stop()
    rig.processes.running[7] = "orphan"
    rig.children.end_orphans(5.0)
    assert rig.processes.childless()
