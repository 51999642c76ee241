"""What every adapter of durable logs does. Subclass it and give it a `logs` fixture."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambent.model.logs import LogLine, LogStreamKey
from lambent.state.log_events import EventPage, LogEvent, LogReader, LogWriter
from tests.fakes.clock import ManualClock

NOW = 1_764_000_000_000
GROUP = "/aws/lambda/hello"
A = LogStreamKey("000000000000", "us-east-1", GROUP, "2025/11/25/[$LATEST]aaaa")
B = LogStreamKey("000000000000", "us-east-1", GROUP, "2025/11/25/[$LATEST]bbbb")
ALL = EventPage(limit=10_000, max_bytes=1 << 20)


class Logs(NamedTuple):
    """Both sides of one store and the clock that it was given."""

    writer: LogWriter
    reader: LogReader
    clock: ManualClock


def line(at_ms: int, text: str) -> LogLine:
    """One event."""
    return LogLine(NOW + at_ms, text.encode())


def texts(events: Sequence[LogEvent]) -> list[str]:
    """Only what was said."""
    return [event.message for event in events]


def scan(logs: Logs, *, page: EventPage = ALL, descending: bool = False) -> list[str]:
    """Everything of GROUP, page by page."""
    found: list[str] = []
    after: tuple[int, int] | None = None
    while True:
        events = logs.reader.scan(
            account_id=A.account_id,
            region=A.region,
            group=GROUP,
            streams=None,
            prefix="",
            page=page,
            after=after,
            descending=descending,
        )
        if not events:
            return found
        found += texts(events)
        after = (events[-1].epoch_ms, events[-1].position)


class LogEventsConformance:
    """The behaviour of the port."""

    @pytest.fixture
    def fresh(self) -> Callable[[], Logs]:
        """Makes an empty store."""
        raise NotImplementedError

    @pytest.fixture
    def logs(self, fresh: Callable[[], Logs]) -> Logs:
        """An empty store."""
        return fresh()

    def test_an_empty_store_has_nothing(self, logs: Logs) -> None:
        where = {"account_id": A.account_id, "region": A.region}
        found = logs.reader.groups(**where, prefix="", pattern="", after="", limit=50)
        assert list(found) == []
        assert not logs.reader.group_exists(**where, group=GROUP)
        assert not logs.reader.stream_exists(A)
        assert list(logs.reader.events(key=A, page=ALL, after=0, before=None)) == []
        assert scan(logs) == []

    def test_what_was_appended_is_read_back_in_its_order(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(0, "one\n"), line(0, "two\n")])])
        logs.clock.advance(2)
        logs.writer.append([(A, [line(5, "three")])])
        events = logs.reader.events(key=A, page=ALL, after=0, before=None)
        assert texts(events) == ["one\n", "two\n", "three"]
        assert [e.epoch_ms for e in events] == [NOW, NOW, NOW + 5]
        assert [e.ingested_ms for e in events] == [NOW, NOW, NOW + 2_000]
        assert {e.stream for e in events} == {A.stream}
        positions = [e.position for e in events]
        assert positions == sorted(set(positions))

    def test_lines_written_together_are_events_of_their_own(self, logs: Logs) -> None:
        written = [
            LogLine(NOW, b"one\n\ntwo\r\nthree", many=True),
            LogLine(NOW, b"REPORT\nXRAY\n"),
            LogLine(NOW, b"", many=True),
        ]
        logs.writer.append([(A, written)])
        events = logs.reader.events(key=A, page=ALL, after=0, before=None)
        assert texts(events) == ["one\n", "\n", "two\r\n", "three", "REPORT\nXRAY\n"]

    def test_bytes_that_are_not_utf8_are_shown_replaced(self, logs: Logs) -> None:
        logs.writer.append([(A, [LogLine(NOW, b"caf\xe9\n")])])
        assert texts(logs.reader.events(key=A, page=ALL, after=0, before=None)) == ["caf\ufffd\n"]

    def test_events_are_paged_forward(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(i, f"{i}") for i in range(5)])])
        logs.writer.append([(A, [line(i, f"{i}") for i in range(5, 10)])])
        page = EventPage(limit=4, max_bytes=1 << 20)
        after, pages = 0, []
        while events := logs.reader.events(key=A, page=page, after=after, before=None):
            pages.append("".join(texts(events)))
            after = events[-1].position
        assert pages == ["0123", "4567", "89"]

    def test_events_are_paged_backward_each_page_in_order(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(i, f"{i}") for i in range(5)])])
        logs.writer.append([(A, [line(i, f"{i}") for i in range(5, 10)])])
        page = EventPage(limit=4, max_bytes=1 << 20)
        before, pages = None, []
        while events := logs.reader.events(key=A, page=page, after=None, before=before):
            pages.append("".join(texts(events)))
            before = events[0].position
        assert pages == ["6789", "2345", "01"]

    def test_a_page_is_bounded_in_bytes_but_holds_at_least_one_event(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(0, "x" * 600), line(1, "y" * 500), line(2, "z")])])
        small = EventPage(limit=10, max_bytes=1_000)
        first = logs.reader.events(key=A, page=small, after=0, before=None)
        assert [t[0] for t in texts(first)] == ["x"]
        tiny = EventPage(limit=10, max_bytes=10)
        assert len(logs.reader.events(key=A, page=tiny, after=0, before=None)) == 1

    def test_the_start_is_inclusive_and_the_end_exclusive(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(i, f"{i}") for i in range(6)])])
        page = EventPage(limit=10, max_bytes=1 << 20, start_ms=NOW + 2, end_ms=NOW + 4)
        assert texts(logs.reader.events(key=A, page=page, after=0, before=None)) == ["2", "3"]
        assert scan(logs, page=page) == ["2", "3"]
        assert scan(logs, page=page, descending=True) == ["3", "2"]

    def test_bounds_beyond_every_time_are_no_error(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(0, "x")])])
        page = EventPage(limit=10, max_bytes=1 << 20, start_ms=0, end_ms=(1 << 63) + 1)
        assert texts(logs.reader.events(key=A, page=page, after=0, before=None)) == ["x"]
        assert scan(logs, page=page) == ["x"]
        assert scan(logs, page=page, descending=True) == ["x"]

    def test_many_streams_are_merged_by_time(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(0, "a0"), line(4, "a4"), line(9, "a9")])])
        logs.writer.append([(B, [line(1, "b1"), line(4, "b4"), line(5, "b5")])])
        logs.writer.append([(A, [line(7, "a7")])])
        expected = ["a0", "b1", "a4", "b4", "b5", "a7", "a9"]
        assert scan(logs) == expected
        assert scan(logs, descending=True) == expected[::-1]

    def test_a_scan_takes_the_named_streams_or_those_of_a_prefix(self, logs: Logs) -> None:
        other = A._replace(stream="other")
        logs.writer.append([(A, [line(0, "a")]), (B, [line(1, "b")]), (other, [line(2, "o")])])

        def found(streams: list[str] | None, prefix: str) -> list[str]:
            events = logs.reader.scan(
                account_id=A.account_id,
                region=A.region,
                group=GROUP,
                streams=streams,
                prefix=prefix,
                page=ALL,
                after=None,
                descending=False,
            )
            return texts(events)

        assert found([A.stream, "other", "absent"], "") == ["a", "o"]
        assert found([], "") == []
        assert found(None, "2025/11/25/[$LATEST]") == ["a", "b"]
        assert found(None, "2025/11/25/[%") == []

    def test_groups_and_streams_of_others_stay_apart(self, logs: Logs) -> None:
        theirs = A._replace(account_id="111111111111")
        elsewhere = A._replace(region="eu-west-1")
        logs.writer.append([(A, [line(0, "mine")]), (theirs, [line(0, "theirs")])])
        logs.writer.append([(elsewhere, [line(0, "elsewhere")])])
        for key, text in ((A, "mine"), (theirs, "theirs"), (elsewhere, "elsewhere")):
            assert texts(logs.reader.events(key=key, page=ALL, after=0, before=None)) == [text]
        assert scan(logs) == ["mine"]

    def test_groups_are_listed_by_name(self, logs: Logs) -> None:
        names = ["/aws/lambda/b", "/aws/lambda/a", "/custom", "/aws/lambda/c_%"]
        logs.writer.append([(A._replace(group=n), [line(0, "hello")]) for n in names])

        def listed(prefix: str = "", pattern: str = "", after: str = "", limit: int = 9) -> object:
            groups = logs.reader.groups(
                account_id=A.account_id,
                region=A.region,
                prefix=prefix,
                pattern=pattern,
                after=after,
                limit=limit,
            )
            assert all(g.created_ms == NOW and g.stored_bytes == 31 for g in groups)
            return [g.name for g in groups]

        assert listed() == sorted(names)
        assert listed(prefix="/aws/lambda/") == sorted(names)[:3]
        assert listed(prefix="/aws/lambda/", limit=2) == ["/aws/lambda/a", "/aws/lambda/b"]
        assert listed(after="/aws/lambda/a", limit=1) == ["/aws/lambda/b"]
        assert listed(pattern="lambda/a") == ["/aws/lambda/a"]
        assert listed(pattern="_%") == ["/aws/lambda/c_%"]
        assert logs.reader.group_exists(account_id=A.account_id, region=A.region, group="/custom")

    def test_streams_are_listed_by_name_or_by_last_event(self, logs: Logs) -> None:
        for name, at in (("s1", 30), ("s2", 10), ("s3", 20), ("s4", 20)):
            logs.writer.append([(A._replace(stream=name), [line(0, "x"), line(at, "y")])])

        def pages(*, by_last_event: bool, descending: bool) -> list[str]:
            found: list[str] = []
            after: tuple[int, str] | None = None
            while True:
                streams = logs.reader.streams(
                    account_id=A.account_id,
                    region=A.region,
                    group=GROUP,
                    prefix="s",
                    by_last_event=by_last_event,
                    descending=descending,
                    after=after,
                    limit=3,
                )
                if not streams:
                    return found
                found += [s.name for s in streams]
                after = (streams[-1].last_event_ms, streams[-1].name)

        assert pages(by_last_event=False, descending=False) == ["s1", "s2", "s3", "s4"]
        assert pages(by_last_event=False, descending=True) == ["s4", "s3", "s2", "s1"]
        assert pages(by_last_event=True, descending=False) == ["s2", "s3", "s4", "s1"]
        assert pages(by_last_event=True, descending=True) == ["s1", "s4", "s3", "s2"]

    def test_a_stream_tells_its_times_and_size(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(-50, "hello\n")])])
        logs.clock.advance(1)
        logs.writer.append([(A, [line(900, "hell\u00f6\n")])])
        (stream,) = logs.reader.streams(
            account_id=A.account_id,
            region=A.region,
            group=GROUP,
            prefix="",
            by_last_event=False,
            descending=False,
            after=None,
            limit=50,
        )
        assert (stream.name, stream.created_ms) == (A.stream, NOW)
        assert (stream.first_event_ms, stream.last_event_ms) == (NOW - 50, NOW + 900)
        assert stream.last_ingestion_ms == NOW + 1_000
        assert stream.stored_bytes == (6 + 26) + (7 + 26)

    @settings(
        max_examples=40,
        deadline=None,
        # `fresh` makes a store an example, and every adapter runs this with examples of its own.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.differing_executors,
        ],
    )
    @given(
        batches=st.lists(
            st.lists(
                st.tuples(st.sampled_from([A, B]), st.integers(0, 40_000), st.integers(0, 4)),
                min_size=1,
                max_size=8,
            ),
            max_size=6,
        ),
        limit=st.integers(1, 5),
        window=st.tuples(st.integers(0, 40_000), st.integers(0, 40_000)),
    )
    def test_paging_misses_and_repeats_nothing(
        self,
        fresh: Callable[[], Logs],
        batches: list[list[tuple[LogStreamKey, int, int]]],
        limit: int,
        window: tuple[int, int],
    ) -> None:
        logs = fresh()
        expected: list[tuple[int, int, str]] = []
        for batch in batches:
            for key, at, lines in batch:
                text = "".join(f"{len(expected) + i}\n" for i in range(lines))
                logs.writer.append([(key, [LogLine(NOW + at, text.encode(), many=True)])])
                expected += [(at, len(expected), part) for part in text.splitlines(keepends=True)]
        wanted = [t for at, _, t in sorted(expected) if window[0] <= at < window[1]]
        page = EventPage(
            limit=limit, max_bytes=1 << 20, start_ms=NOW + window[0], end_ms=NOW + window[1]
        )
        assert sorted(scan(logs, page=page)) == sorted(wanted)
        assert scan(logs, page=page) == scan(logs, page=page, descending=True)[::-1]

    def test_after_clearing_there_is_nothing_and_positions_go_on(self, logs: Logs) -> None:
        logs.writer.append([(A, [line(1, "old")]), (B, [line(2, "old")])])
        (last,) = logs.reader.events(key=B, page=ALL, after=None, before=None)
        logs.writer.clear()
        assert not logs.reader.group_exists(account_id=A.account_id, region=A.region, group=A.group)
        assert scan(logs) == []
        logs.writer.append([(A, [line(1, "new")])])
        (new,) = logs.reader.events(key=A, page=ALL, after=None, before=None)
        assert new.message == "new"
        assert new.position > last.position
