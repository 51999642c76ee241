"""Lets many work at once, or one alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Quiet:
    """What must not happen while others work waits for them, and they for it."""

    def __init__(self) -> None:
        self._working = 0
        self._nobody, self._alone = asyncio.Event(), asyncio.Lock()
        self._nobody.set()

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[None]:
        """Work beside others; waits while somebody is alone or about to be."""
        async with self._alone:
            self._working += 1
            self._nobody.clear()
        try:
            yield
        finally:
            self._working -= 1
            if not self._working:
                self._nobody.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Work while nobody else does; who began before is waited for. Don't ask for it within `shared`."""
        async with self._alone:
            await self._nobody.wait()  # ended by those at work, whose requests are bounded
            yield
