"""Provides the templates of file systems as they are asked for: one that must be made first stalls nobody else."""

from collections.abc import Callable

from lambent.sandbox.spawner.reactor import Reactor
from lambent.sandbox.spawner.storage import FormatFailure, Formatting, Template, Templates

Provided = Callable[[Template | FormatFailure], None]


class Formats:
    """Calls back with templates; those who wait for the same one wait together."""

    def __init__(self, *, templates: Templates, reactor: Reactor) -> None:
        self._templates, self._reactor = templates, reactor
        self._waiting: dict[int, list[Provided]] = {}

    def provide(self, size_mb: int, provided: Provided) -> None:
        """Call `provided` with the template of a size, or with why there is none; at once if it is there."""
        template = self._templates.get(size_mb)
        if template is not None:
            provided(template)
            return
        waiting = self._waiting.setdefault(size_mb, [])
        waiting.append(provided)
        if len(waiting) == 1:
            try:
                self._await(self._templates.begin(size_mb))
            except FormatFailure as error:
                self._formatted(size_mb, error)

    def _await(self, formatting: Formatting) -> None:
        pidfd = formatting.pidfd
        self._reactor.on_readable(pidfd, lambda: self._advance(formatting, pidfd))

    def _advance(self, formatting: Formatting, pidfd: int) -> None:
        self._reactor.forget(pidfd)
        try:
            template = formatting.advance()
        except FormatFailure as error:
            self._formatted(formatting.size_mb, error)
            return
        if template is None:
            self._await(formatting)
        else:
            self._templates.keep(formatting.size_mb, template)
            self._formatted(formatting.size_mb, template)

    def _formatted(self, size_mb: int, outcome: Template | FormatFailure) -> None:
        for provided in self._waiting.pop(size_mb):
            provided(outcome)
