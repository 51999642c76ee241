"""The host's runtimes as execution wants them."""

import asyncio
import logging
import re
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Never, Protocol, Self

from lambent.runtimes.catalogue import PYTHONS
from lambent.runtimes.installed import Found, InstalledRuntime
from lambent.sandbox.port import RootPlan

_LOOK_AGAIN_SECONDS: Final = 60.0
_FAMILY: Final = re.compile(r"^(python|nodejs|provided)\.?")

_log = logging.getLogger(__name__)


class Catalogue(Protocol):
    """Finds runtimes, as `runtimes.catalogue.RuntimeCatalogue` does."""

    def find(self, identifier: str) -> Found:
        """The runtime of exactly `identifier`. Blocks. Raises OSError."""
        ...

    def available(self) -> Sequence[InstalledRuntime]:
        """Every runtime that this host has, oldest first. Blocks. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRuntime:
    """An installed runtime with the plan of its root."""

    installed: InstalledRuntime
    identifier: str
    root: RootPlan
    argv: Sequence[str]
    late: Sequence[str]
    environ: Mapping[str, str]
    version: str
    digest: str

    @classmethod
    def of(cls, runtime: InstalledRuntime) -> Self:
        """What the catalogue found, as execution wants it."""
        return cls(
            installed=runtime,
            identifier=runtime.identifier,
            root=RootPlan(
                interpreter_dir=runtime.interpreter_dir,
                runtime_dir=runtime.bootstrap_dir,
                links=runtime.links,
                hidden=tuple(runtime.hidden),
                libraries=runtime.libraries,
            ),
            argv=runtime.argv,
            late=runtime.late,
            environ=runtime.environ,
            version=_version(runtime),
            digest=runtime.digest,
        )


def _version(runtime: InstalledRuntime) -> str:
    """As INIT_START has it: `python:3.12.v1`, `nodejs:22.v1`, `provided:al2023.v1`."""
    family = _FAMILY.sub(r"\1:", runtime.identifier).removesuffix(".x")
    return f"{family}.v{runtime.version.rpartition('.')[2]}"


class EdgeRuntimes:
    """Remembers what was found: a runtime that was there once is not looked for again."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._found: dict[str, EdgeRuntime] = {}
        self._all: Sequence[str] | None = None
        self._lock = threading.Lock()

    async def keep_looking(
        self,
        newest_python: Callable[[str], None],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> Never:
        """Find everything there is, in a thread, and every minute what was installed since, until cancelled.

        `newest_python` is called once, as soon as that is known and long before everything is. A disk that has no room for
        a runtime's files is logged, and tried again.
        """
        named = False
        while True:
            try:
                newest = "" if named else await asyncio.to_thread(self.newest_python)
                if newest:
                    named = True
                    newest_python(newest)
                await asyncio.to_thread(self.look)
            except OSError as error:
                _log.error("cannot make a runtime ready now, trying again: %s", error)
            await sleep(_LOOK_AGAIN_SECONDS)

    def look(self) -> None:
        """Find everything there is; blocks, for seconds on a fresh data directory, so call it in a thread. Raises OSError."""
        self._all = tuple(
            self._remember(runtime).identifier for runtime in self._catalogue.available()
        )

    def newest_python(self) -> str:
        """The newest Python that is installed, or empty; blocks, so call it in a thread."""
        return next((name for name in reversed(PYTHONS) if self.find(name) is not None), "")

    @property
    def identifiers(self) -> Sequence[str] | None:
        """What this host has, oldest first; None until `look` has seen everything."""
        return self._all

    def find(self, identifier: str) -> EdgeRuntime | None:
        """The runtime of that identifier; blocks for some 20 ms when it was installed since the last look."""
        known = self._found.get(identifier)
        if known is not None:
            return known
        found = self._catalogue.find(identifier)
        return self._remember(found) if isinstance(found, InstalledRuntime) else None

    def _remember(self, runtime: InstalledRuntime) -> EdgeRuntime:
        with self._lock:
            return self._found.setdefault(runtime.identifier, EdgeRuntime.of(runtime))
