"""One event loop is enough here: what is looked at is the kernel's."""

import asyncio
from collections.abc import Callable, Mapping

import pytest


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run each asynchronous test once."""
    return {"asyncio": asyncio.new_event_loop}
