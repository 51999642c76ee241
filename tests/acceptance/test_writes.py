"""Control is killed at random instants while everything is being written: what was acknowledged is there, and nothing is a half."""

import threading
from collections.abc import Sequence
from functools import partial
from random import Random

import pytest

from tests.acceptance.daemon_process import DaemonProcess, end
from tests.acceptance.waiting import eventually
from tests.acceptance.writers import Found, Writer

SEED = 20_261_125
AT_MOST = 40
"""Writes between one kill and the next."""


@pytest.mark.timeout(180)
def test_no_acknowledged_write_is_lost_and_none_is_done_by_half(own_daemon: DaemonProcess) -> None:
    kill_under_writes(own_daemon, writers=2, kills=3)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_same_many_times(own_daemon: DaemonProcess) -> None:
    kill_under_writes(own_daemon, writers=4, kills=40)


def kill_under_writes(daemon: DaemonProcess, *, writers: int, kills: int) -> None:
    """Kill control so often, then compare what is there with what was acknowledged."""
    random, stop = Random(SEED), threading.Event()
    writing = [Writer(daemon, name=f"written-{n}", seed=SEED + n) for n in range(writers)]
    threads = [threading.Thread(target=writer.run, args=(stop,)) for writer in writing]
    for thread in threads:
        thread.start()
    try:
        for _ in range(kills):
            instant = sum(w.begun for w in writing) + random.randint(1, AT_MOST)
            eventually(partial(begun, writing, at_least=instant), within_seconds=120)
            end(running_control(daemon))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert [writer.wrong for writer in writing] == [[] for _ in writing]
    running_control(daemon)
    acknowledged = 0
    for number, writer in enumerate(writing):
        found = Found(daemon, name=f"written-{number}")
        found.read()
        assert found.halves == []
        lost = {
            key: (wanted, found.facts.get(key))
            for key, wanted in writer.ledger.facts.items()
            if found.facts.get(key) not in wanted
        }
        assert lost == {}
        acknowledged += len(writer.ledger.facts)
    assert acknowledged > kills


def begun(writing: Sequence[Writer], *, at_least: int) -> bool:
    """Whether so many writes were sent."""
    return sum(writer.begun for writer in writing) >= at_least


def running_control(daemon: DaemonProcess) -> int:
    """The process id of control, once it answers."""

    def answering() -> int | None:
        try:
            before: int | None = daemon.health()["processes"].get("control")
            daemon.client("lambda").get_account_settings()
            return before if daemon.health()["processes"].get("control") == before else None
        except Exception:
            return None

    return eventually(answering, within_seconds=120)
