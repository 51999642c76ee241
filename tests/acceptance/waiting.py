"""Waiting for another process from outside, where there is no signal to wait for."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def eventually(look: Callable[[], Found | None], *, within_seconds: float = 30.0) -> Found:
    """What `look` finds; zero, empty, False and None are nothing yet. Fails when it finds nothing in time."""
    deadline = time.monotonic() + within_seconds
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
