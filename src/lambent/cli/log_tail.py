"""The log events of one function from an instant on, each given once however often it is asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lambent.cli.connection import Connection
from lambent.cli.failure import ApiFailure
from lambent.cli.functions import FUNCTIONS, segment
from lambent.kit.clock import Clock

TARGET: Final = "Logs_20140328."
LARGEST_PAGE: Final = 10_000
NOT_FOUND: Final = "ResourceNotFoundException"
_OVERLAP_MS: Final = 10_000
_LONGEST_SILENCE_MS: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a function's lines are."""

    name: str
    """Bare, also when an ARN was given."""
    group: str
    exists: bool
    """Whether there is such a function now; its log may outlive it."""

    def owns(self, stream: str) -> bool:
        """Whether a stream of the group is this function's: a group of its own choice may be shared."""
        return self.group == _usual_group(self.name) or f"/{self.name}[" in stream


def source_of(connection: Connection, name: str) -> Source:
    """Look where the function writes. Raises ApiFailure, CommandFailure."""
    bare = name.rpartition(":function:")[2].partition(":")[0]
    try:
        found = connection.rest("GET", f"{FUNCTIONS}/{segment(name)}/configuration").document()
    except ApiFailure as failure:
        if failure.code != NOT_FOUND:
            raise
        return Source(name=bare, group=_usual_group(bare), exists=False)
    group = (found.get("LoggingConfig") or {}).get("LogGroup") or _usual_group(bare)
    return Source(name=bare, group=group, exists=True)


class LogTail:
    """Reads FilterLogEvents through a window that moves on with what was read.

    The window begins some seconds before the latest event that was given, since lines of several environments are not stored
    in the order of their times, and what it shows again is left out. A daemon that can't store for a while loses nothing
    here: it stores in the order of arrival, so whatever is late is later than what was given.
    """

    def __init__(
        self,
        *,
        connection: Connection,
        source: Source,
        since_ms: int,
        pattern: str,
        clock: Clock,
    ) -> None:
        self._connection, self._source, self._pattern = connection, source, pattern
        self._clock = clock
        self._from_ms = since_ms
        self._given: dict[str, int] = {}
        self.found = False
        """Whether there was a log."""

    @property
    def name(self) -> str:
        """The function's."""
        return self._source.name

    def fresh(self) -> Iterator[Mapping[str, Any]]:
        """The events that were not given yet, by their times; nothing while there is no such log.

        Raises ApiFailure, CommandFailure. Only whoever takes all of them moves the window.
        """
        begun_ms = self._clock.epoch_ms()
        for event in self._window():
            if event["eventId"] not in self._given and self._source.owns(event["logStreamName"]):
                self._given[event["eventId"]] = event["timestamp"]
                yield event
        self._move(begun_ms)

    def _window(self) -> Iterator[dict[str, Any]]:
        request: dict[str, object] = {
            "logGroupName": self._source.group,
            "startTime": max(self._from_ms, 0),
            "limit": LARGEST_PAGE,
        }
        request |= {"filterPattern": self._pattern} if self._pattern else {}
        while True:
            try:
                page = self._connection.target("logs", TARGET + "FilterLogEvents", request)
            except ApiFailure as failure:
                if failure.code != NOT_FOUND:
                    raise
                return
            self.found = True
            yield from page["events"]
            if not page.get("nextToken"):
                return
            request["nextToken"] = page["nextToken"]

    def _move(self, begun_ms: int) -> None:
        """Begin before the latest event; with a pattern, which may match nothing for hours, within the last minute."""
        latest = max(self._given.values(), default=0)
        if self._pattern:
            latest = max(latest, begun_ms - _LONGEST_SILENCE_MS)
        self._from_ms = max(self._from_ms, min(latest, begun_ms) - _OVERLAP_MS)
        self._given = {i: at for i, at in self._given.items() if at >= self._from_ms}


def _usual_group(name: str) -> str:
    return f"/aws/lambda/{name}"
