"""The phases of a sandbox's life."""

import itertools

import pytest

from lambent.sandbox.spawner.lives import NEXT_PHASE, Life, Phase, Signal

ILLEGAL = {
    (Phase.STANDING, Signal.MADE),  # it is made once
    (Phase.ENDED, Signal.GONE),  # its first process ends once
    (Phase.LEAVING, Signal.GONE),
}


@pytest.mark.parametrize(("phase", "event"), list(itertools.product(Phase, Signal)))
def test_every_signal_in_every_phase_is_known_or_refused(phase: Phase, event: Signal) -> None:
    life = Life(name="one.7.00000000", owner=None, first_uid=1_000_000)
    life.phase = phase
    if (phase, event) in ILLEGAL:
        with pytest.raises(KeyError):
            life.move(event)
    else:
        life.move(event)
        assert life.phase is NEXT_PHASE[phase, event]


@pytest.mark.parametrize("start", Phase)
def test_from_every_phase_killing_leads_to_leaving(start: Phase) -> None:
    life = Life(name="one.7.00000000", owner=None, first_uid=1_000_000)
    life.phase = start
    life.move(Signal.KILL)
    if life.phase is not Phase.LEAVING:
        life.move(Signal.GONE)
    assert life.phase is Phase.LEAVING


def test_a_name_says_which_user_ids_are_its_own() -> None:
    life = Life(name="one.7.00000000", owner=None, first_uid=1_000_000)
    assert (life.slot, life.base) == (7, 1_000_000 + 7 * 65_536)
