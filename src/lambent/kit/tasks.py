"""Where tasks are born."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Never


@asynccontextmanager
async def background(**loops: Coroutine[Any, Any, Never]) -> AsyncIterator[None]:
    """Run endless `loops` beside the body, each a task of its name, and cancel them when the body ends.

    A loop that raises cancels the body and is re-raised in an ExceptionGroup, as a TaskGroup does.
    """
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop, name=name) for name, loop in loops.items()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
