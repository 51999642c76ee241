"""Frames come whole out of any pieces, and junk is refused."""

import struct

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lambent.model.limits import MAX_RESPONSE_BYTES
from lambent.runtime_api.frames import (
    HEADER_BYTES,
    LONGEST_BODY,
    MAX_META_BYTES,
    BadFrame,
    Frame,
    FrameDecoder,
    Kind,
    head,
)

Sketch = tuple[int, bytes, bytes, int]
"""Kind, meta, a piece of the body and how often it comes: a body of 70,000 bytes is no thing to print."""
SKETCHES = st.tuples(
    st.sampled_from([k for k, longest in LONGEST_BODY.items() if longest]),
    st.binary(max_size=40),
    st.binary(max_size=10),
    st.sampled_from([1, 20, 7_000]),
) | st.tuples(
    st.sampled_from([k for k, longest in LONGEST_BODY.items() if not longest]),
    st.binary(max_size=40),
    st.just(b""),
    st.just(0),
)


def drawn(sketch: Sketch) -> Frame:
    kind, meta, piece, times = sketch
    return Frame(Kind(kind), meta, piece * times)


def encoded(frame: Frame) -> bytes:
    return head(frame.kind, frame.meta, body_length=len(frame.body)) + frame.body


def test_a_header_is_twelve_bytes_little_endian() -> None:
    assert head(Kind.INVOKE, b"{}", body_length=258) == b"\x02\0\0\0\x02\0\0\0\x02\x01\0\0{}"


@settings(deadline=None)
@given(st.lists(SKETCHES, max_size=4), st.lists(st.integers(1, 90_000), max_size=12))
def test_frames_come_whole_out_of_any_pieces(sketches: list[Sketch], sizes: list[int]) -> None:
    frames = [drawn(sketch) for sketch in sketches]
    data = b"".join(map(encoded, frames))
    decoder, seen = FrameDecoder(), []
    for size in [*sizes, len(data)]:
        seen += decoder.feed(data[:size])
        data = data[size:]
    assert seen == frames
    assert decoder.idle


@settings(deadline=None)
@given(SKETCHES, st.integers(1, 300), st.integers(1, 90_000))
def test_the_rest_of_a_frame_may_be_read_into_its_room(
    sketch: Sketch, first: int, piece: int
) -> None:
    frame = drawn(sketch)
    data = encoded(frame)
    piece = max(piece, len(data) // 50)
    decoder = FrameDecoder()
    seen: list[Frame | None] = list(decoder.feed(data[:first]))
    data = data[first:]
    while data:
        room = decoder.room
        if room is None:  # not even the header had come
            seen += decoder.feed(data)
            break
        count = min(piece, len(room), len(data))
        room[:count] = data[:count]
        whole = decoder.filled(count)
        data = data[count:]
        seen += [whole] if whole else []
    assert seen == [frame]
    assert decoder.idle
    assert decoder.room is None


@settings(deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=10))
@example([struct.pack("<III", Kind.RESPONSE, MAX_META_BYTES, MAX_RESPONSE_BYTES)])
def test_junk_is_refused_or_is_a_frame_within_the_limits(pieces: list[bytes]) -> None:
    decoder = FrameDecoder()
    try:
        frames = [f for piece in pieces for f in decoder.feed(piece)]
    except BadFrame:
        return
    assert all(len(f.body) <= LONGEST_BODY[f.kind] for f in frames)
    room = decoder.room
    assert room is None or len(room) <= HEADER_BYTES + MAX_META_BYTES + MAX_RESPONSE_BYTES


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ((Kind.START, 2, 0), "unknown kind 1"),
        ((Kind.INVOKE, 2, 0), "unknown kind 2"),
        ((0, 0, 0), "unknown kind 0"),
        ((Kind.RESPONSE | 1 << 8, 0, 0), "unknown kind 275"),
        ((Kind.RESPONSE, MAX_META_BYTES + 1, 0), "65537 bytes of meta"),
        ((Kind.RESPONSE, 0, MAX_RESPONSE_BYTES + 1), "RESPONSE with a body of 6291557 bytes"),
        ((Kind.ERROR, 0, 2**32 - 1), "ERROR with a body of 4294967295 bytes"),
        ((Kind.WAITING, 0, 1), "WAITING with a body of 1 bytes"),
        ((Kind.INIT_DONE, 0, 1), "INIT_DONE with a body of 1 bytes"),
    ],
)
def test_a_header_that_no_runtime_may_send_is_refused_at_once(
    header: tuple[int, int, int], words: str
) -> None:
    with pytest.raises(BadFrame, match=words):
        FrameDecoder().feed(struct.pack("<III", *header))
