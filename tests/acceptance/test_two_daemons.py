"""Two daemons on one host, both under load: one is killed whole, again and again, and the other drops no call."""

from pathlib import Path

import pytest

from tests.acceptance.daemon_process import DaemonProcess, alive, end
from tests.acceptance.functions import call, create
from tests.acceptance.load import ECHO, Load
from tests.acceptance.waiting import eventually
from tests.soak.campaign import at_rest

_DEATHS = 3
_CLIENTS = 8
_GROWTH_KIB = 16_384
pytestmark = [pytest.mark.slow, pytest.mark.root, pytest.mark.timeout(300)]


def test_a_daemon_that_is_killed_whole_again_and_again_costs_the_other_no_call(
    tmp_path: Path,
) -> None:
    calm = DaemonProcess(tmp_path / "calm")
    dying = DaemonProcess(tmp_path / "dying", environ={"LAMBENT_ENVIRONMENTS_CELLS": "0"})
    with calm:
        create(calm.client("lambda"), "echo", ECHO)
        with dying:
            before = at_rest(dying)
            create(dying.client("lambda"), "echo", ECHO)
            with Load(calm, _CLIENTS) as load:
                for death in range(_DEATHS):
                    _die_under_load(dying, load)
                    dying.start()
                    assert at_rest(dying).more_than(before, memory_kib=_GROWTH_KIB) == []
                    _answers_to_a_new_function(calm, death)
                eventually(lambda: load.calls > 1_000, within_seconds=120)
        assert dying.leftovers() == []
    assert (load.failed, load.wrong) == ([], [])
    assert calm.leftovers() == []


def _die_under_load(dying: DaemonProcess, others: Load) -> None:
    """Everything of a daemon's is killed while it is called; what others are answered goes on."""
    with Load(dying, _CLIENTS) as load:
        eventually(lambda: load.calls > 50, within_seconds=60)
        calls = others.calls
        below = dying.descendants()
        assert len(below) > 5  # environments too
        dying.kill()
        for pid in below:
            end(pid)
        eventually(lambda: not any(map(alive, below)))
        eventually(lambda: others.calls > calls + 100, within_seconds=60)
    assert load.wrong == []


def _answers_to_a_new_function(calm: DaemonProcess, number: int) -> None:
    client = calm.client("lambda")
    create(client, f"new-{number}", ECHO)
    assert call(client, f"new-{number}", number) == (number, "")
