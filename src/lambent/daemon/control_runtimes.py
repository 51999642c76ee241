"""The host's runtimes as the control plane wants them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from lambent.daemon.control_sdks import NoSdks, Sdks
from lambent.kit.clock import Clock
from lambent.runtimes.catalogue import RuntimeCatalogue
from lambent.runtimes.identifiers import (
    IDENTIFIERS,
    SUCCESSORS,
    RuntimeIdentifier,
    has_come,
    newest_like,
    runtime_named,
)
from lambent.runtimes.installed import MissingRuntime
from lambent.runtimes.listing import as_listed
from lambent.runtimes.sdk_use import relies_on_sdk
from lambent.runtimes.variables import reserved_in


class HostRuntimes:
    """What runtimes there are by name, and which of them this host lacks."""

    def __init__(
        self,
        catalogue: RuntimeCatalogue,
        sdks: Sdks | NoSdks,
        *,
        clock: Clock,
        enforce_deprecation: bool = False,
    ) -> None:
        """With `enforce_deprecation` what AWS takes no more is refused; without it, it is only told of."""
        self._catalogue, self._sdks = catalogue, sdks
        self._clock, self._enforce_deprecation = clock, enforce_deprecation
        self._digests: dict[str, str] = {}

    async def missing(self, identifier: str, *, trees: Sequence[Path]) -> str | None:
        """Why functions of `identifier` cannot run here; None when they can. Looks in a thread.

        The first whose code or layers, at `trees`, rely on AWS's SDK waits for that to be fetched, but not for long.
        """
        found = await asyncio.to_thread(self._catalogue.find, identifier)
        if isinstance(found, MissingRuntime):
            return found.reason
        if await asyncio.to_thread(relies_on_sdk, trees):
            await self._sdks.provide(found)
        return None

    async def version_digest(self, identifier: str) -> str:
        """What the runtime version's ARN ends in, empty for a missing one; what was there once is remembered, as by the edge."""
        known = self._digests.get(identifier)
        if known is not None:
            return known
        found = await asyncio.to_thread(self._catalogue.find, identifier)
        if isinstance(found, MissingRuntime):
            return ""
        return self._digests.setdefault(identifier, found.digest)

    def supported(self) -> Sequence[str]:
        """Every identifier that AWS lets a new function have today, in AWS's order."""
        return as_listed(i.name for i in IDENTIFIERS if self._may_be_created(i))

    def is_known(self, identifier: str) -> bool:
        """Whether AWS has or had such a runtime."""
        return runtime_named(identifier) is not None

    def is_retired(self, identifier: str, *, for_new: bool) -> bool:
        """Whether functions of this runtime may not be created (`for_new`) or updated any more."""
        runtime = runtime_named(identifier)
        if runtime is None or not self._enforce_deprecation:
            return False
        day = runtime.creation_blocked_on if for_new else runtime.update_blocked_on
        return has_come(day, today=self._today())

    def successor(self, identifier: str) -> str:
        """The runtime that AWS recommends in place of a retired one (recorded), or the newest like it."""
        recommended = runtime_named(SUCCESSORS.get(identifier, ""))
        if recommended is not None and self._may_be_created(recommended):
            return recommended.name
        return newest_like(identifier)

    def deprecation(self, identifier: str) -> str:
        """Since when AWS supports the runtime no more and takes no functions of it, in a sentence; empty while it does support it."""
        runtime, today = runtime_named(identifier), self._today()
        if runtime is None or not has_come(runtime.deprecated_on, today=today):
            return ""
        blocked = [
            f"{verb} since {day}"
            for verb, day in (
                ("created", runtime.creation_blocked_on),
                ("updated", runtime.update_blocked_on),
            )
            if has_come(day, today=today)
        ]
        more = f"; there, functions of it can't be {' nor '.join(blocked)}" if blocked else ""
        return f"AWS has deprecated {identifier} on {runtime.deprecated_on}{more}."

    def is_reserved(self, variable: str) -> bool:
        """Whether the environment variable is the platform's own."""
        return bool(reserved_in([variable]))

    def _may_be_created(self, runtime: RuntimeIdentifier) -> bool:
        return not has_come(runtime.creation_blocked_on, today=self._today())

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock.epoch_ms() / 1000, tz=UTC).date()
