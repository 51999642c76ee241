"""Waiting for another process from outside, where there is no signal to wait for."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

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


def lines_written(logs: Any, name: str, pattern: str, *, count: int = 1) -> list[str]:
    """The lines in a function's log that `pattern` finds, once there are `count`: they come a moment after the answer."""

    def look() -> list[str] | None:
        try:
            page = logs.filter_log_events(logGroupName=f"/aws/lambda/{name}", filterPattern=pattern)
        except logs.exceptions.ResourceNotFoundException:
            return None
        found = [event["message"] for event in page["events"]]
        return found if len(found) >= count else None

    return eventually(look)
