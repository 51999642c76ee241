"""Every test of this room runs on both event loops, under a process that takes orphans in as the supervisor does."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import pytest
import uvloop

_ON_ONE_LOOP: Final = (
    *("test_bubblewrap.py", "test_process.py"),
    *("test_calls.py", "test_links.py", "test_surfaces.py", "test_view.py", "test_wall.py"),
)

pytest.register_assert_rewrite("tests.sandbox.conformance", "tests.sandbox.storage_conformance")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Run each asynchronous test on asyncio's own loop and on uvloop; with the second and third driver on one of them.

    What is tried inside a sandbox does not depend on the loop outside either.
    """
    if item.path.name in _ON_ONE_LOOP:
        return {"uvloop": uvloop.new_event_loop}
    return {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where a test runs with several drivers, only the first is tried on both loops."""
    items[:] = [item for item in items if not item.name.endswith("[asyncio-bubblewrap]")]
