"""The states of a runtime that speaks HTTP, by the names that AWS's errors give them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class State(StrEnum):
    """What AWS calls it in an InvalidStateTransition."""

    STARTED = "Started"
    INIT_ERROR = "InitError"
    READY = "Ready"
    RUNNING = "Running"
    INVOCATION_RESPONSE = "InvocationResponse"
    INVOCATION_ERROR_RESPONSE = "InvocationErrorResponse"
    RESPONSE_SENT = "RuntimeResponseSentState"


class Signal(StrEnum):
    """What happens to it."""

    NEXT = "next"
    DELIVERED = "delivered"
    RESPONSE = "response"
    ERROR = "error"
    SENT = "sent"
    INIT_ERROR = "init error"


NEXT_STATE: Final[Mapping[tuple[State, Signal], State]] = {
    (State.STARTED, Signal.NEXT): State.READY,
    (State.STARTED, Signal.INIT_ERROR): State.INIT_ERROR,
    (State.READY, Signal.NEXT): State.READY,
    (State.READY, Signal.DELIVERED): State.RUNNING,
    (State.RUNNING, Signal.NEXT): State.RUNNING,  # AWS hands the same event out again
    (State.RUNNING, Signal.RESPONSE): State.INVOCATION_RESPONSE,
    (State.RUNNING, Signal.ERROR): State.INVOCATION_ERROR_RESPONSE,
    (State.INVOCATION_RESPONSE, Signal.SENT): State.RESPONSE_SENT,
    (State.INVOCATION_ERROR_RESPONSE, Signal.SENT): State.RESPONSE_SENT,
    (State.RESPONSE_SENT, Signal.NEXT): State.READY,
}

WANTED: Final[Mapping[Signal, State]] = {
    Signal.NEXT: State.READY,
    Signal.RESPONSE: State.INVOCATION_RESPONSE,
    Signal.ERROR: State.INVOCATION_ERROR_RESPONSE,
    Signal.INIT_ERROR: State.INIT_ERROR,
}
"""The state that an error names as the one asked for."""


def refusal(state: State, signal: Signal) -> str:
    """What AWS says of a transition that is not in the table."""
    return (
        f"State transition from {state} to {WANTED[signal]} failed for runtime. "
        "Error: State transition is not allowed"
    )
