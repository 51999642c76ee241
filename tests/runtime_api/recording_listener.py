"""A RuntimeListener that remembers what it was told, and in what order."""

import asyncio
from typing import Any

from lambent.runtime_api.port import RuntimeFault

Told = tuple[str, dict[str, Any]]


class RecordingListener:
    """Keeps what it is told; `next` waits for what was not asked for yet."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self._asked = 0
        self._more = asyncio.Event()

    async def next(self) -> Told:
        """What was told next, once it is."""
        while len(self.told) == self._asked:
            self._more.clear()
            await self._more.wait()  # ended by the test's own timeout
        self._asked += 1
        return self.told[self._asked - 1]

    def _tell(self, what: str, **facts: Any) -> None:
        self.told.append((what, facts))
        self._more.set()

    def runtime_waiting(self) -> None:
        self._tell("waiting")

    def init_finished(self, *, peak_memory_bytes: int) -> None:
        self._tell("init finished", peak=peak_memory_bytes)

    def init_failed(self, error: RuntimeFault) -> None:
        words = {"words": error.platform_words} if error.platform_words else {}
        self._tell("init failed", type=error.error_type, body=error.body, **words)

    def responded(self, request_id: str, body: bytes, *, peak_memory_bytes: int) -> None:
        self._tell("responded", id=request_id, body=body, peak=peak_memory_bytes)

    def failed(self, request_id: str, error: RuntimeFault, *, peak_memory_bytes: int) -> None:
        self._tell(
            "failed",
            id=request_id,
            type=error.error_type,
            body=error.body,
            peak=peak_memory_bytes,
        )

    def broken(self, reason: str) -> None:
        self._tell("broken", reason=reason)
