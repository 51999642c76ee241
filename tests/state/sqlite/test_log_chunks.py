"""The form of a chunk."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.model.logs import LogLine
from lambent.state.sqlite.log_chunks import CHUNK_BYTES, CHUNK_SPAN_MS, chunks, events_of

LINES = st.lists(
    st.builds(
        LogLine,
        st.integers(0, 40_000),
        st.binary(max_size=40).map(lambda b: b.replace(b"a", b"\n")),
        st.booleans(),
    )
)


def expected(line: LogLine) -> list[tuple[int, bytes]]:
    if not line.many:
        return [(line.epoch_ms, line.message)]
    parts = line.message.split(b"\n")
    whole = [p + b"\n" for p in parts[:-1]] + [p for p in parts[-1:] if p]
    return [(line.epoch_ms, part) for part in whole]


@given(LINES)
def test_every_event_comes_back_as_it_was_written(lines: list[LogLine]) -> None:
    packed = list(chunks(lines))
    found = [event for c in packed for event in events_of(c.lines, c.first_ms)]
    assert found == [event for line in lines for event in expected(line)]
    assert sum(c.stored_bytes for c in packed) == sum(len(text) + 26 for _, text in found)


@given(LINES)
def test_a_chunk_tells_its_first_and_last_instant_and_is_bounded(lines: list[LogLine]) -> None:
    for chunk in chunks(lines):
        times = [when for when, _ in events_of(chunk.lines, chunk.first_ms)]
        assert all(chunk.first_ms <= when <= chunk.last_ms for when in times)
        assert chunk.last_ms - chunk.first_ms <= CHUNK_SPAN_MS


@pytest.mark.parametrize("end", [b"\n", b""])
def test_an_event_among_many_that_is_larger_than_a_chunk_stays_whole(end: bytes) -> None:
    long = b"z" * (3 * CHUNK_BYTES)
    line = LogLine(1_000, b"before\n" + long + b"\nafter\n" + long + end, many=True)
    found = [event for c in chunks([line]) for event in events_of(c.lines, c.first_ms)]
    assert found == expected(line)


def test_one_event_larger_than_a_chunk_stays_whole() -> None:
    (chunk,) = chunks([LogLine(5, b"x" * 1_000_000)])
    assert events_of(chunk.lines, chunk.first_ms) == [(5, b"x" * 1_000_000)]


@given(st.binary(max_size=30))
def test_bytes_that_are_no_chunk_are_never_worse_than_a_value_error(data: bytes) -> None:
    with suppress(ValueError):
        assert all(when >= 0 for when, _ in events_of(data, 0))


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(ValueError, match="unknown format: 9"):
        events_of(b"\x09\x00\x00\x00\x00", 0)
