"""How lines lie in a chunk: a header of times and lengths, then the bytes as they were written.

A chunk is bounded in bytes, so that reading one event decodes little, and in time, so that an index on its first
instant finds all that reach into a window.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from lambent.model.logs import LogLine

CHUNK_BYTES: Final = 262_144
CHUNK_SPAN_MS: Final = 10_000
INDEX_BITS: Final = 20
"""A position is the chunk's id and, in its last bits, the event's index: a chunk of 256 KiB, or of one event, has no 2^20 events."""
EVENT_OVERHEAD_BYTES: Final = 26
"""What AWS adds to each event when it counts stored bytes."""

_FORMAT: Final = 1
_HEAD: Final = struct.Struct("<BI")
_MANY: Final = 1 << 31
_LONGEST: Final = _MANY - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """One row's worth of lines."""

    first_ms: int
    last_ms: int
    stored_bytes: int
    lines: bytes


def chunks(lines: Sequence[LogLine]) -> Iterator[Chunk]:
    """Pack `lines`, in their order, into as few chunks as the bounds allow."""
    held: list[LogLine] = []
    size, first, last = 0, 0, 0
    for line in _bounded(lines):
        first_with, last_with = min(first, line.epoch_ms), max(last, line.epoch_ms)
        too_large = size + len(line.message) > CHUNK_BYTES
        if held and (too_large or last_with - first_with > CHUNK_SPAN_MS):
            yield _pack(held, first, last)
            held, size = [], 0
        if not held:
            first_with = last_with = line.epoch_ms
        held.append(line)
        size, first, last = size + len(line.message), first_with, last_with
    if held:
        yield _pack(held, first, last)


def events_of(lines: bytes, first_ms: int) -> list[tuple[int, bytes]]:
    """Every event of a chunk: when, and its bytes. Raises ValueError for bytes that are no chunk."""
    try:
        kind, count = _HEAD.unpack_from(lines)
        numbers = struct.unpack_from(f"<{2 * count}I", lines, _HEAD.size)
    except struct.error as error:
        raise ValueError("a damaged chunk of log lines") from error
    if kind != _FORMAT:
        raise ValueError(f"a chunk of log lines in an unknown format: {kind}")
    events: list[tuple[int, bytes]] = []
    at = _HEAD.size + 8 * count
    for offset, marked in zip(numbers[:count], numbers[count:], strict=True):
        end = at + (marked & _LONGEST)
        when, data = first_ms + offset, lines[at:end]
        at = end
        if marked & _MANY:
            events += [(when, line) for line in _split(data)]
        else:
            events.append((when, data))
    return events


def _split(data: bytes) -> list[bytes]:
    *whole, rest = data.split(b"\n")
    lines = [line + b"\n" for line in whole]
    return [*lines, rest] if rest else lines


def _event_count(line: LogLine) -> int:
    if not line.many:
        return 1
    unfinished = bool(line.message) and not line.message.endswith(b"\n")
    return line.message.count(b"\n") + unfinished


def _bounded(lines: Iterable[LogLine]) -> Iterator[LogLine]:
    """The same lines, those of many cut between events where they are more than a chunk takes."""
    for line in lines:
        if not line.many or len(line.message) <= CHUNK_BYTES:
            yield line
            continue
        at, data = 0, line.message
        while len(data) - at > CHUNK_BYTES:
            cut = data.rfind(b"\n", at, at + CHUNK_BYTES) + 1
            if not cut:  # one event larger than a chunk stays whole
                cut = data.find(b"\n", at + CHUNK_BYTES) + 1 or len(data)
            yield line._replace(message=data[at:cut])
            at = cut
        if at < len(data):
            yield line._replace(message=data[at:])


def _pack(lines: Sequence[LogLine], first_ms: int, last_ms: int) -> Chunk:
    count = len(lines)
    offsets = [line.epoch_ms - first_ms for line in lines]
    lengths = [len(line.message) | (_MANY if line.many else 0) for line in lines]
    text = b"".join([line.message for line in lines])
    head = _HEAD.pack(_FORMAT, count) + struct.pack(f"<{2 * count}I", *offsets, *lengths)
    return Chunk(
        first_ms=first_ms,
        last_ms=last_ms,
        stored_bytes=len(text) + EVENT_OVERHEAD_BYTES * sum(map(_event_count, lines)),
        lines=head + text,
    )
