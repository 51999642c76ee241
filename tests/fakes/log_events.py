"""Durable logs in memory: both sides of the port, for tests of what is above."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lambent.kit.clock import Clock
from lambent.model.logs import LogLine, LogStreamKey
from lambent.state.log_events import EventPage, LogEvent, LogGroup, LogStream


@dataclass
class _Stream:
    created_ms: int
    ingested_ms: int = 0
    events: list[LogEvent] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)


class MemoryLogs:
    """A LogWriter and a LogReader of the same events; nothing is ever too much for it."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._streams: dict[LogStreamKey, _Stream] = {}
        self._last_position = 0

    def append(self, batch: Sequence[tuple[LogStreamKey, Sequence[LogLine]]]) -> None:
        now = self._clock.epoch_ms()
        for key, lines in batch:
            if not lines:
                continue
            stream = self._streams.setdefault(key, _Stream(created_ms=now))
            stream.ingested_ms = now
            for when, message in _events(lines):
                self._last_position += 1
                text = message.decode("utf-8", "replace")
                stream.events.append(LogEvent(key.stream, when, now, text, self._last_position))
                stream.sizes.append(len(message) + 26)

    def clear(self) -> None:
        self._streams.clear()

    def close(self) -> None:
        """Nothing is held."""

    def groups(
        self, *, account_id: str, region: str, prefix: str, pattern: str, after: str, limit: int
    ) -> Sequence[LogGroup]:
        names = {k.group for k in self._streams if k[:2] == (account_id, region)}
        chosen = [n for n in names if n > after and n.startswith(prefix) and pattern in n]
        return [self._group(account_id, region, name) for name in sorted(chosen)[:limit]]

    def _group(self, account_id: str, region: str, name: str) -> LogGroup:
        streams = [s for k, s in self._streams.items() if k[:3] == (account_id, region, name)]
        return LogGroup(
            name=name,
            created_ms=min(s.created_ms for s in streams),
            stored_bytes=sum(sum(s.sizes) for s in streams),
        )

    def group_exists(self, *, account_id: str, region: str, group: str) -> bool:
        return any(k[:3] == (account_id, region, group) for k in self._streams)

    def streams(
        self,
        *,
        account_id: str,
        region: str,
        group: str,
        prefix: str,
        by_last_event: bool,
        descending: bool,
        after: tuple[int, str] | None,
        limit: int,
    ) -> Sequence[LogStream]:
        found = [
            _described(k.stream, s)
            for k, s in self._streams.items()
            if k[:3] == (account_id, region, group) and k.stream.startswith(prefix)
        ]

        def order(stream: LogStream) -> tuple[int, str]:
            return (stream.last_event_ms if by_last_event else 0, stream.name)

        found.sort(key=order, reverse=descending)
        if after is not None:
            edge = (after[0] if by_last_event else 0, after[1])
            found = [s for s in found if (order(s) < edge if descending else order(s) > edge)]
        return found[:limit]

    def stream_exists(self, key: LogStreamKey) -> bool:
        return key in self._streams

    def events(
        self, *, key: LogStreamKey, page: EventPage, after: int | None, before: int | None
    ) -> Sequence[LogEvent]:
        stream = self._streams.get(key)
        held = [e for e in stream.events if _within(e, page)] if stream else []
        if after is not None:
            return _bounded((e for e in held if e.position > after), page)
        latest = (e for e in reversed(held) if before is None or e.position < before)
        return _bounded(latest, page)[::-1]

    def scan(
        self,
        *,
        account_id: str,
        region: str,
        group: str,
        streams: Sequence[str] | None,
        prefix: str,
        page: EventPage,
        after: tuple[int, int] | None,
        descending: bool,
    ) -> Sequence[LogEvent]:
        found = [
            event
            for key, stream in self._streams.items()
            if key[:3] == (account_id, region, group)
            and (key.stream in streams if streams is not None else key.stream.startswith(prefix))
            for event in stream.events
            if _within(event, page)
        ]

        def order(event: LogEvent) -> tuple[int, int]:
            return (event.epoch_ms, event.position)

        found.sort(key=order, reverse=descending)
        if after is not None:
            found = [e for e in found if (order(e) < after if descending else order(e) > after)]
        return _bounded(found, page)


def _events(lines: Sequence[LogLine]) -> Iterable[tuple[int, bytes]]:
    for line in lines:
        if line.many:
            *whole, rest = line.message.split(b"\n")
            yield from ((line.epoch_ms, part + b"\n") for part in whole)
            if rest:
                yield line.epoch_ms, rest
        else:
            yield line.epoch_ms, line.message


def _described(name: str, stream: _Stream) -> LogStream:
    times = [e.epoch_ms for e in stream.events]
    return LogStream(
        name=name,
        created_ms=stream.created_ms,
        first_event_ms=min(times),
        last_event_ms=max(times),
        last_ingestion_ms=stream.ingested_ms,
        stored_bytes=sum(stream.sizes),
    )


def _within(event: LogEvent, page: EventPage) -> bool:
    return (page.start_ms is None or event.epoch_ms >= page.start_ms) and (
        page.end_ms is None or event.epoch_ms < page.end_ms
    )


def _bounded(events: Iterable[LogEvent], page: EventPage) -> list[LogEvent]:
    taken: list[LogEvent] = []
    size = 0
    for event in events:
        size += len(event.message.encode())
        if taken and size > page.max_bytes:
            break
        taken.append(event)
        if len(taken) >= page.limit:
            break
    return taken
