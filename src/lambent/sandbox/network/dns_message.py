"""As much of a DNS message as forwarding needs: whether it is a question, what it asks, and how to say no. Pure."""

import struct
from dataclasses import dataclass
from typing import Final

SERVER_FAILURE: Final = 2
NOT_IMPLEMENTED: Final = 4
REFUSED: Final = 5
FORMAT_ERROR: Final = 1
LARGEST_QUERY: Final = 4_096
_HEAD: Final = struct.Struct("!HHHHHH")
_ASKED: Final = struct.Struct("!HH")
_RESPONSE, _OPERATION, _WANTS_RECURSION, _CAN_RECURSE = 0x8000, 0x7800, 0x0100, 0x0080
_TRANSFERS: Final = (251, 252)
"""Whole zones, which a name server may give to this host and to nobody else."""
_INTERNET: Final = 1
_LONGEST_NAME, _LONGEST_LABEL = 255, 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A question; `message` is all of it."""

    message: bytes
    question: bytes
    """The section that an answer repeats."""
    refusal: int | None
    """The code to answer at once with; None for what may be forwarded."""

    def numbered(self, number: int) -> bytes:
        """The message under another number."""
        return struct.pack("!H", number) + self.message[2:]

    def answered_by(self, answer: bytes, *, number: int) -> bytes | None:
        """`answer` under the question's own number, or None where it is none to this question under `number`."""
        if len(answer) < _HEAD.size + len(self.question):
            return None
        got, flags, count, *_ = _HEAD.unpack_from(answer)
        asked = answer[_HEAD.size : _HEAD.size + len(self.question)]
        if (
            got != number
            or not flags & _RESPONSE
            or count != 1
            or asked.lower() != self.question.lower()
        ):
            return None
        return self.message[:2] + answer[2:]

    def refused(self, code: int) -> bytes:
        """An answer without anything but `code`."""
        number, flags, *_ = _HEAD.unpack_from(self.message)
        flags = _RESPONSE | flags & (_OPERATION | _WANTS_RECURSION) | _CAN_RECURSE | code
        count = 1 if self.question else 0
        return _HEAD.pack(number, flags, count, 0, 0, 0) + self.question


def read_query(message: bytes) -> Query | None:
    """Understand what a sandbox sent; None for what deserves no answer."""
    if not _HEAD.size <= len(message) <= LARGEST_QUERY:
        return None
    _, flags, count, *_ = _HEAD.unpack_from(message)
    if flags & _RESPONSE:
        return None
    end = _end_of_name(message) if count == 1 else None
    if end is None or end + _ASKED.size > len(message):
        refusal: int | None = FORMAT_ERROR if not flags & _OPERATION else NOT_IMPLEMENTED
        return Query(message=message, question=b"", refusal=refusal)
    kind, of_class = _ASKED.unpack_from(message, end)
    refusal = None
    if flags & _OPERATION:
        refusal = NOT_IMPLEMENTED
    elif kind in _TRANSFERS or of_class != _INTERNET:
        refusal = REFUSED
    question = message[_HEAD.size : end + _ASKED.size]
    return Query(message=message, question=question, refusal=refusal)


def _end_of_name(message: bytes) -> int | None:
    at = _HEAD.size
    while at < len(message) and at - _HEAD.size < _LONGEST_NAME:
        length = message[at]
        if length > _LONGEST_LABEL:  # a pointer has nothing to point to yet
            return None
        at += 1 + length
        if length == 0:
            return at
    return None
