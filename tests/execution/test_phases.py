"""Every pair of the table."""

from itertools import product

import pytest

from lambent.execution.phases import NEXT_PHASE, Phase, PhaseRefused, Signal, knows, next_phase

LIFE = [
    (Phase.MAKING, Signal.MADE, Phase.BOOTING),
    (Phase.BOOTING, Signal.RUNTIME_WAITING, Phase.WAITING),
    (Phase.WAITING, Signal.BIND, Phase.BINDING),
    (Phase.BINDING, Signal.BOUND, Phase.INIT),
    (Phase.INIT, Signal.INIT_FINISHED, Phase.READY),
    (Phase.READY, Signal.INVOKE, Phase.BUSY),
    (Phase.READY, Signal.FREEZE, Phase.FROZEN),
    (Phase.FROZEN, Signal.INVOKE, Phase.BUSY),
    (Phase.BUSY, Signal.ANSWERED, Phase.READY),
    (Phase.ENDING, Signal.GONE, Phase.ENDED),
]


@pytest.mark.parametrize(("phase", "signal"), list(product(Phase, Signal)))
def test_a_pair_leads_where_the_life_of_an_environment_leads_or_is_refused(
    phase: Phase, signal: Signal
) -> None:
    expected = {(at, on): to for at, on, to in LIFE}.get((phase, signal))
    if signal is Signal.END and phase not in {Phase.ENDING, Phase.ENDED}:
        expected = Phase.ENDING
    assert knows(phase, signal) == (expected is not None)
    if expected is None:
        with pytest.raises(PhaseRefused, match=f"{signal} does not come while {phase}"):
            next_phase(phase, signal)
    else:
        assert next_phase(phase, signal) is expected


def test_every_phase_can_be_reached_and_only_the_last_one_stays() -> None:
    assert {*NEXT_PHASE.values(), Phase.MAKING} == set(Phase)
    assert {phase for phase, _ in NEXT_PHASE} == set(Phase) - {Phase.ENDED}
