"""A log store with two environments' streams, and the operations over it."""

from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from lambent.model.logs import LogLine, LogStreamKey
from lambent.model.request import Caller, RequestContext
from lambent.services.logs.operations import LogsOperations
from tests.fakes.clock import ManualClock
from tests.fakes.log_events import MemoryLogs

NOW = 1_764_000_000_000
GROUP = "/aws/lambda/hello"
A = "2025/11/25/[$LATEST]aaaa"
B = "2025/11/25/[$LATEST]bbbb"

CONTEXT = RequestContext(
    request_id="r",
    caller=Caller(
        account_id="000000000000",
        region="cn-north-1",
        arn="arn:aws-cn:iam::000000000000:root",
        user_id="000000000000",
    ),
    host="localhost:4566",
)

Call = Callable[..., Awaitable[dict[str, Any]]]


def key(stream: str, group: str = GROUP) -> LogStreamKey:
    """A stream in the account and region of CONTEXT."""
    return LogStreamKey("000000000000", "cn-north-1", group, stream)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(epoch_ms=NOW)


@pytest.fixture
def store(clock: ManualClock) -> MemoryLogs:
    return MemoryLogs(clock=clock)


@pytest.fixture
def say(store: MemoryLogs) -> Callable[..., None]:
    """Append events: say(stream, (ms, text), ...)."""

    def append(stream: str, *events: tuple[int, str], group: str = GROUP) -> None:
        lines = [LogLine(NOW + at, text.encode()) for at, text in events]
        store.append([(key(stream, group), lines)])

    return append


@pytest.fixture
def call(store: MemoryLogs) -> Iterator[Call]:
    """Call an operation by its name."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        handlers = LogsOperations(reader=store, pool=pool).handlers()

        async def call_operation(operation: str, **given: Any) -> dict[str, Any]:
            return await handlers[operation](CONTEXT, given)

        yield call_operation
