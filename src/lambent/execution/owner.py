"""Whom an execution environment tells how it fares."""

from typing import TYPE_CHECKING, Protocol

from lambent.execution.ticket import Ticket

if TYPE_CHECKING:  # an environment knows its owner, and an owner its environments
    from lambent.execution.environment import Environment


class Owner(Protocol):
    """Whoever uses an environment; told on the loop."""

    def environment_waiting(self, environment: "Environment") -> None:
        """Its interpreter is up; it may be bound."""
        ...

    def environment_initialised(self, environment: "Environment") -> None:
        """Its init succeeded and it has no invocation yet."""
        ...

    def environment_freed(self, environment: "Environment") -> None:
        """It answered and takes another invocation."""
        ...

    def environment_ending(self, environment: "Environment") -> None:
        """It takes nothing any more; told before anything else of its end."""
        ...

    def environment_lost(
        self, environment: "Environment", reason: str, ticket: Ticket | None
    ) -> None:
        """It ended before its function's init could begin: our fault. A ticket it held comes back."""
        ...

    def environment_failed_init(self, environment: "Environment") -> None:
        """Its function's first init failed; an invocation tries it again, in the same log stream."""
        ...

    def environment_gone(self, environment: "Environment") -> None:
        """All that it held is free."""
        ...
