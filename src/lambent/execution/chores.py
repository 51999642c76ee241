"""Short tasks that nobody waits for: making and killing sandboxes."""

import asyncio
import logging
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from lambent.kit.wheel import TimerWheel

_log = logging.getLogger(__name__)


class Chores:
    """A task group whose members fail alone. An async context manager, ready when entered."""

    def __init__(self, *, grace_seconds: float = 5.0) -> None:
        """`grace_seconds`: how long leaving waits for what is still under way before it cancels it."""
        self._grace_seconds = grace_seconds
        self._group = asyncio.TaskGroup()
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = False

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        self._open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if self._tasks and error is None:
                await asyncio.wait(tuple(self._tasks), timeout=self._grace_seconds)
        finally:
            self._open = False
            for task in tuple(self._tasks):
                task.cancel()
            await self._group.__aexit__(kind, error, trace)

    def start(self, chore: Coroutine[Any, Any, None], *, name: str) -> None:
        """Run `chore` beside everything else; what it raises is our fault and is logged. Once left, nothing is run."""
        if not self._open:
            chore.close()
            return
        task = self._group.create_task(self._run(chore, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, chore: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await chore
        except Exception:  # noqa: BLE001 - a seam: one chore's fault must not end the others
            _log.exception("%s failed", name)


async def pause(wheel: TimerWheel, seconds: float) -> None:
    """Wait until `seconds` have passed on the wheel's clock."""
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    timer = wheel.set(seconds, lambda: None if over.done() else over.set_result(None))
    try:
        await over  # ended by the wheel
    finally:
        timer.cancel()
