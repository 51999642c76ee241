"""Why an environment ends, and what its runtime died of; pure."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lambent.execution.faults import Fault, broken_fault, exit_fault, init_fault
from lambent.execution.phases import Phase
from lambent.runtime_api.port import RuntimeFault
from lambent.sandbox.port import Ending

_KILL: Final = 9


class Cause(StrEnum):
    """Why an environment ends."""

    RETIRED = "retired"
    CLOSED = "closed"
    UNMADE = "not made"
    UNBOUND = "not bound"
    BOOT_TIMEOUT = "the interpreter did not come up in time"
    INIT_TIMEOUT = "init timeout"
    TIMEOUT = "timeout"
    LOST = "lost"
    """The runtime ended or broke the protocol."""


ASKED_FOR: Final = frozenset({Cause.RETIRED, Cause.CLOSED})
"""The owner wanted it: nobody is to blame."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """An end that has begun."""

    cause: Cause
    reason: str
    phase: Phase
    """In which it came."""
    at: float
    """By the monotonic clock."""


@dataclass(slots=True, kw_only=True)
class Evidence:
    """What is known of a runtime's death."""

    broken: str | None = None
    """What the channel said."""
    ending: Ending | None = None
    """How it ended by itself."""
    killed: Ending | None = None
    """How it ended once we killed it."""
    init_error: RuntimeFault | None = None

    @property
    def complete(self) -> bool:
        """Whether both the channel, which says nothing after an init error, and the sandbox have said it."""
        last_word = self.broken is not None or self.init_error is not None
        return last_word and self.ending is not None

    @property
    def peak_memory_bytes(self) -> int:
        """The most memory that either ending knows of."""
        return max(
            (e.peak_memory_bytes for e in (self.ending, self.killed) if e is not None), default=0
        )

    def fault(self, request_id: str, end: End) -> Fault:
        """What the caller is to be told of the death of a runtime that was lost."""
        killed = self.killed
        if self.init_error is not None and end.phase is Phase.INIT:
            return init_fault(request_id, self.init_error)
        if killed is not None and killed.out_of_memory:
            return exit_fault(request_id, killed)
        if self.ending is not None:
            return exit_fault(request_id, self.ending)
        if killed is not None and killed.signal != _KILL:  # its own exit, heard of late
            return exit_fault(request_id, killed)
        return broken_fault(request_id, end.reason)
