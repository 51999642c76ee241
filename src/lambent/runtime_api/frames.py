"""The frames of the channel as bytes (docs/architecture.md, "Frames of the channel"); no I/O."""

import struct
from collections.abc import Mapping
from enum import IntEnum
from io import BytesIO
from typing import Final, NamedTuple

from lambent.model.limits import MAX_RESPONSE_BYTES

MAX_META_BYTES: Final = 65_536
_HEADER: Final = struct.Struct("<III")  # kind as u32: its three upper bytes are the zero bytes
HEADER_BYTES: Final = _HEADER.size


class Kind(IntEnum):
    """What a frame says."""

    START = 1
    INVOKE = 2
    WAITING = 16
    INIT_DONE = 17
    INIT_ERROR = 18
    RESPONSE = 19
    ERROR = 20


LONGEST_BODY: Final[Mapping[int, int]] = {
    Kind.WAITING: 0,
    Kind.INIT_DONE: 0,
    Kind.INIT_ERROR: MAX_RESPONSE_BYTES,
    Kind.RESPONSE: MAX_RESPONSE_BYTES,
    Kind.ERROR: MAX_RESPONSE_BYTES,
}
"""The kinds that a runtime may send, and how long a body each may have."""


_KINDS: Final = {int(kind): Kind(kind) for kind in LONGEST_BODY}
"""Calling `Kind` costs a microsecond."""


class BadFrame(Exception):
    """What came is no frame that a runtime may send; the text says why."""


class Frame(NamedTuple):
    """One frame from a runtime."""

    kind: Kind
    meta: bytes
    body: bytes


def head(kind: Kind, meta: bytes, *, body_length: int) -> bytes:
    """Header and meta of a frame; the body follows."""
    return _HEADER.pack(kind, len(meta), body_length) + meta


class FrameDecoder:
    """Puts a runtime's frames together from pieces of any size.

    A body that comes in several pieces is gathered in one buffer of its length: `room` is where the next bytes belong, `filled`
    says how many were put there. Whoever has bytes already gives them to `feed`. The buffer is calloc'ed, so memory is taken
    only as bytes arrive, and `BytesIO.getvalue` hands it out without a copy (CPython; elsewhere it would be one, still correct).
    """

    def __init__(self) -> None:
        self._short = b""  # less than a header and its meta
        self._buffer: BytesIO | None = None
        self._view = memoryview(b"")
        self._have = 0
        self._kind = Kind.WAITING
        self._meta = b""

    @property
    def room(self) -> memoryview | None:
        """Where the rest of the frame under way belongs; None when none is under way."""
        return None if self._buffer is None else self._view[self._have :]

    @property
    def idle(self) -> bool:
        """Whether nothing of a frame has come yet."""
        return self._buffer is None and not self._short

    def filled(self, count: int) -> Frame | None:
        """`count` bytes were written to `room`: the frame, if it is whole now."""
        self._have += count
        if self._buffer is None or self._have < len(self._view):
            return None
        self._view.release()
        buffer, self._buffer = self._buffer, None
        return Frame(self._kind, self._meta, buffer.getvalue())

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are whole once `data` has come. Raises BadFrame; then nothing more may be fed."""
        frames: list[Frame] = []
        if self._buffer is not None:
            take = min(len(data), len(self._view) - self._have)
            self._view[self._have : self._have + take] = data[:take]
            frame = self.filled(take)
            if frame is None:
                return frames
            frames.append(frame)
            data = data[take:]
        if self._short:
            data, self._short = self._short + data, b""
        while len(data) >= HEADER_BYTES:
            kind, body_at, total = _measure(data)
            if len(data) < body_at:
                break
            if len(data) < total:
                self._begin(kind, data[HEADER_BYTES:body_at], total - body_at, data[body_at:])
                return frames
            frames.append(Frame(kind, data[HEADER_BYTES:body_at], data[body_at:total]))
            data = data[total:]
        self._short = data
        return frames

    def _begin(self, kind: Kind, meta: bytes, length: int, data: bytes) -> None:
        self._kind, self._meta, self._have = kind, meta, len(data)
        self._buffer = BytesIO(bytes(length))
        self._view = self._buffer.getbuffer()
        self._view[: len(data)] = data


def _measure(data: bytes) -> tuple[Kind, int, int]:
    """Kind, where the body begins, and the whole length."""
    kind, meta_length, body_length = _HEADER.unpack_from(data)
    known = _KINDS.get(kind)
    if known is None:
        raise BadFrame(f"a frame of unknown kind {kind}")
    if meta_length > MAX_META_BYTES:
        raise BadFrame(f"a frame with {meta_length} bytes of meta")
    if body_length > LONGEST_BODY[known]:
        raise BadFrame(f"a frame of kind {known.name} with a body of {body_length} bytes")
    body_at = HEADER_BYTES + meta_length
    return known, body_at, body_at + body_length
