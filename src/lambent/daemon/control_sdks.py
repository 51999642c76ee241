"""Sees to it that the first function of a runtime has AWS's SDK, once, and never holds an activation up for long."""

import asyncio
import logging
from typing import Final, Never, Protocol

from lambent.kit.clock import Clock
from lambent.runtimes.fetching import FetchFailure
from lambent.runtimes.installed import InstalledRuntime

_PATIENCE_SECONDS: Final = 60.0
_AGAIN_SECONDS: Final = 600.0

_log = logging.getLogger(__name__)


class Store(Protocol):
    """`runtimes.sdks.SdkStore` is one."""

    def has(self, identifier: str) -> bool:
        """Whether functions of `identifier` have their SDK, or need none."""
        ...

    async def fetch(self, runtime: InstalledRuntime) -> None:
        """Fetch the SDK of `runtime`. Raises FetchFailure, OSError."""
        ...


class Sdks:
    """Fetches one SDK after the other in `run`; whoever needs one waits for it up to a minute."""

    def __init__(
        self, *, store: Store, clock: Clock, patience_seconds: float = _PATIENCE_SECONDS
    ) -> None:
        self._store, self._clock, self._patience_seconds = store, clock, patience_seconds
        # Bounded by the number of runtimes: each is in it once.
        self._wanted: asyncio.Queue[InstalledRuntime] = asyncio.Queue()
        self._underway: dict[str, asyncio.Event] = {}
        self._failed_at: dict[str, float] = {}

    async def provide(self, runtime: InstalledRuntime) -> None:
        """Return once functions of `runtime` have their SDK, or when it takes too long or cannot be had just now."""
        identifier = runtime.identifier
        if self._store.has(identifier) or self._failed_lately(identifier):
            return
        done = self._underway.get(identifier)
        if done is None:
            done = self._underway[identifier] = asyncio.Event()
            self._wanted.put_nowait(runtime)
        try:
            async with asyncio.timeout(self._patience_seconds):
                await done.wait()
        except TimeoutError:
            _log.warning(
                "the SDK of %s is still being fetched: its functions run without", identifier
            )

    async def run(self) -> Never:
        """Fetch what is wanted until cancelled."""
        while True:
            runtime = await self._wanted.get()
            try:
                await self._fetch(runtime)
            finally:
                self._underway.pop(runtime.identifier).set()

    async def _fetch(self, runtime: InstalledRuntime) -> None:
        identifier, began = runtime.identifier, self._clock.monotonic()
        _log.info("fetching AWS's SDK for functions of %s, once", identifier)
        try:
            await self._store.fetch(runtime)
        except (FetchFailure, OSError) as failure:
            self._failed_at[identifier] = self._clock.monotonic()
            _log.warning("%s", failure)
        else:
            seconds = self._clock.monotonic() - began
            _log.info("functions of %s have AWS's SDK after %.0f s", identifier, seconds)

    def _failed_lately(self, identifier: str) -> bool:
        at = self._failed_at.get(identifier)
        return at is not None and self._clock.monotonic() - at < _AGAIN_SECONDS


class NoSdks:
    """Provides none: functions have what their packages bring."""

    async def provide(self, runtime: InstalledRuntime) -> None:
        """Return at once."""

    async def run(self) -> Never:
        """Do nothing until cancelled."""
        await asyncio.Event().wait()  # ended by cancelling alone
        raise AssertionError
