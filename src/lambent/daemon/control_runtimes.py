"""The host's runtimes as the control plane wants them."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from lambent.daemon.control_sdks import NoSdks, Sdks
from lambent.runtimes.catalogue import RuntimeCatalogue
from lambent.runtimes.identifiers import IDENTIFIERS, blocked_for_create
from lambent.runtimes.installed import MissingRuntime
from lambent.runtimes.sdk_use import relies_on_sdk
from lambent.runtimes.variables import reserved_in


class HostRuntimes:
    """What runtimes there are by name, and which of them this host lacks."""

    def __init__(self, catalogue: RuntimeCatalogue, sdks: Sdks | NoSdks) -> None:
        self._catalogue, self._sdks = catalogue, sdks
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
        """Every identifier that a function may have."""
        return [i.name for i in IDENTIFIERS if not i.blocked]

    def known(self) -> Sequence[str]:
        """Every identifier that AWS has ever had, retired ones too."""
        return [i.name for i in IDENTIFIERS]

    def is_retired(self, identifier: str) -> bool:
        """Whether AWS lets nobody create or update functions of this runtime any more."""
        return blocked_for_create(identifier)

    def is_reserved(self, variable: str) -> bool:
        """Whether the environment variable is the platform's own."""
        return bool(reserved_in([variable]))
