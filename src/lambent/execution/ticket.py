"""An accepted invocation on its way to its outcome."""

from collections.abc import Callable

from lambent.execution.port import Settle
from lambent.kit.wheel import Timer
from lambent.model.errors import ServiceError
from lambent.model.invocation import Invocation, Outcome


class SettledTwice(Exception):
    """An invocation was given a second outcome; our bug."""


class Ticket:
    """Holds a place of its account's concurrency until it is settled, exactly once."""

    __slots__ = (
        "_leave",
        "_settle",
        "invocation",
        "landings",
        "patience",
        "waits_until",
    )

    def __init__(
        self, *, invocation: Invocation, settle: Settle, leave: Callable[[], None]
    ) -> None:
        self.invocation = invocation
        self.patience: Timer | None = None
        """Runs while no environment is found."""
        self.waits_until = 0.0
        """The end of its patience, by the monotonic clock, once it has had to wait."""
        self.landings = 0
        """How many environments of the host had come up when that patience began."""
        self._settle: Settle | None = settle
        self._leave = leave

    @property
    def settled(self) -> bool:
        """Whether it has its outcome."""
        return self._settle is None

    def settle(self, result: Outcome | ServiceError) -> None:
        """Give the place back, then tell the caller. Raises SettledTwice."""
        settle, self._settle = self._settle, None
        if settle is None:
            raise SettledTwice(self.invocation.request_id)
        self._leave()
        settle(result)

    def stop_waiting(self) -> None:
        """An environment was found: patience does not matter any more."""
        if self.patience is not None:
            self.patience.cancel()
            self.patience = None
