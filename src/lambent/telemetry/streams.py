"""Which log stream an execution environment writes to."""

from datetime import UTC, datetime

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.function import FunctionVersion
from lambent.model.logs import LogStreamKey


class StreamNames:
    """Names a stream for each new environment."""

    def __init__(self, *, clock: Clock, ids: Ids) -> None:
        self._clock, self._ids = clock, ids

    def fresh(self, function: FunctionVersion) -> LogStreamKey:
        """A stream of its own for an environment of `function`, in the function's log group.

        In a group that several functions may share, the function's name is part of the stream's.
        """
        key = function.key
        now = datetime.fromtimestamp(self._clock.epoch_ms() / 1_000, tz=UTC)
        shared = function.log_group != f"/aws/lambda/{key.name}"
        whose = key.name if shared else ""
        return LogStreamKey(
            account_id=key.account_id,
            region=key.region,
            group=function.log_group,
            stream=f"{now:%Y/%m/%d}/{whose}[{key.version}]{self._ids.hex(32)}",
        )
