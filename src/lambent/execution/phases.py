"""The phases of an execution environment: a table, and what it does not list is refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Phase(StrEnum):
    """Where an environment stands."""

    MAKING = "making"
    BOOTING = "booting"
    """The sandbox stands, its interpreter comes up."""
    WAITING = "waiting"
    """The interpreter is up and belongs to no function yet."""
    BINDING = "binding"
    INIT = "init"
    READY = "ready"
    FROZEN = "frozen"
    """Ready, and its processes stand still or soon will: orders to freeze and to thaw are carried out one after the other."""
    BUSY = "busy"
    ENDING = "ending"
    ENDED = "ended"


class Signal(StrEnum):
    """What happens to it."""

    MADE = "made"
    RUNTIME_WAITING = "runtime waiting"
    BIND = "bind"
    BOUND = "bound"
    INIT_FINISHED = "init finished"
    FREEZE = "freeze"
    INVOKE = "invoke"
    ANSWERED = "answered"
    END = "end"
    GONE = "gone"


class PhaseRefused(Exception):
    """A signal came in a phase that does not know it."""


NEXT_PHASE: Final[Mapping[tuple[Phase, Signal], Phase]] = {
    (Phase.MAKING, Signal.MADE): Phase.BOOTING,
    (Phase.BOOTING, Signal.RUNTIME_WAITING): Phase.WAITING,
    (Phase.WAITING, Signal.BIND): Phase.BINDING,
    (Phase.BINDING, Signal.BOUND): Phase.INIT,
    (Phase.INIT, Signal.INIT_FINISHED): Phase.READY,
    (Phase.READY, Signal.INVOKE): Phase.BUSY,
    (Phase.READY, Signal.FREEZE): Phase.FROZEN,
    (Phase.FROZEN, Signal.INVOKE): Phase.BUSY,
    (Phase.BUSY, Signal.ANSWERED): Phase.READY,
    (Phase.MAKING, Signal.END): Phase.ENDING,
    (Phase.BOOTING, Signal.END): Phase.ENDING,
    (Phase.WAITING, Signal.END): Phase.ENDING,
    (Phase.BINDING, Signal.END): Phase.ENDING,
    (Phase.INIT, Signal.END): Phase.ENDING,
    (Phase.READY, Signal.END): Phase.ENDING,
    (Phase.FROZEN, Signal.END): Phase.ENDING,
    (Phase.BUSY, Signal.END): Phase.ENDING,
    (Phase.ENDING, Signal.GONE): Phase.ENDED,
}


UNUSED: Final = frozenset({Phase.WAITING, Phase.READY, Phase.FROZEN})
"""Nothing is asked of the runtime: if it dies, nothing is waited for."""


def next_phase(phase: Phase, signal: Signal) -> Phase:
    """The phase after `signal`. Raises PhaseRefused for what the table does not list."""
    after = NEXT_PHASE.get((phase, signal))
    if after is None:
        raise PhaseRefused(f"{signal} does not come while {phase}")
    return after


def knows(phase: Phase, signal: Signal) -> bool:
    """Whether `signal` may come in `phase`."""
    return (phase, signal) in NEXT_PHASE
