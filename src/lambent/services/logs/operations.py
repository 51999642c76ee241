"""Which operations of CloudWatch Logs are answered here."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from typing import Any

from lambent.model.request import RequestContext
from lambent.services.logs.errors import LogsUnavailable
from lambent.services.logs.events import get_log_events
from lambent.services.logs.filtered_events import filter_log_events
from lambent.services.logs.groups import describe_log_groups
from lambent.services.logs.streams import describe_log_streams
from lambent.state.log_events import LogReader, LogStoreUnavailable

_log = logging.getLogger(__name__)

Handler = Callable[[RequestContext, dict[str, Any]], Awaitable[dict[str, Any]]]
_Read = Callable[[LogReader, RequestContext, dict[str, Any]], dict[str, Any]]


class LogsOperations:
    """The operations that read functions' logs."""

    def __init__(self, *, reader: LogReader, pool: Executor) -> None:
        self._reader, self._pool = reader, pool

    def handlers(self) -> Mapping[str, Handler]:
        """By the operation's name. Input is expected to keep the model's constraints.

        Cancelling a call lets its read run to its end, and its answer is dropped.
        """
        return {
            "DescribeLogGroups": self._handler(describe_log_groups),
            "DescribeLogStreams": self._handler(describe_log_streams),
            "GetLogEvents": self._handler(get_log_events),
            "FilterLogEvents": self._handler(filter_log_events),
        }

    def _handler(self, read: _Read) -> Handler:
        async def handle(context: RequestContext, given: dict[str, Any]) -> dict[str, Any]:
            loop = asyncio.get_running_loop()
            try:
                return await loop.run_in_executor(self._pool, read, self._reader, context, given)
            except LogStoreUnavailable as error:
                _log.error("logs cannot be read: %s", error)
                raise LogsUnavailable from error

        return handle
