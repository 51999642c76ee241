"""Questions as sandboxes send them, and what a forwarder makes of them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambent.sandbox.network.dns_message import LARGEST_QUERY, read_query
from tests.sandbox.network.questions import answer_to, question

_REFUSED, _NOT_IMPLEMENTED, _FORMAT_ERROR = 5, 4, 1


def code(answer: bytes) -> int:
    flags = int.from_bytes(answer[2:4], "big")
    assert flags & 0x8000
    return flags & 0xF


def test_a_question_goes_on_under_another_number_and_comes_back_under_its_own() -> None:
    asked = read_query(question("example.org", number=7))
    assert asked is not None
    assert asked.refusal is None
    assert asked.numbered(9) == question("example.org", number=9)
    answer = answer_to(asked.numbered(9), "192.0.2.1")
    assert asked.answered_by(answer, number=9) == answer_to(asked.message, "192.0.2.1")


def test_an_answer_in_other_letters_is_one() -> None:
    asked = read_query(question("Example.ORG", number=7))
    assert asked is not None
    assert asked.answered_by(answer_to(question("example.org", number=7)), number=7)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        answer_to(question("example.org", number=8)),
        answer_to(question("example.com", number=7)),
        answer_to(question("example.org", number=7, kind=28)),
        question("example.org", number=7),
        answer_to(question("example.org", number=7))[:20],
    ],
    ids=["nothing", "number", "name", "kind", "a question", "half"],
)
def test_what_is_no_answer_to_it_is_none(answer: bytes) -> None:
    asked = read_query(question("example.org", number=7))
    assert asked is not None
    assert asked.answered_by(answer, number=7) is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (question("example.org", kind=252), _REFUSED),
        (question("example.org", kind=251), _REFUSED),
        (question("version.bind", kind=16, of_class=3), _REFUSED),
        (question("example.org", flags=0x2800), _NOT_IMPLEMENTED),
        (question("example.org")[:-3], _FORMAT_ERROR),
        (struct.pack("!6H", 1, 0x100, 0, 0, 0, 0), _FORMAT_ERROR),
        (struct.pack("!6H", 1, 0x100, 2, 0, 0, 0) + question("a.b")[12:] * 2, _FORMAT_ERROR),
        (struct.pack("!6H", 1, 0x100, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1", _FORMAT_ERROR),
    ],
    ids=["AXFR", "IXFR", "CHAOS", "UPDATE", "half", "none", "two", "pointer"],
)
def test_what_is_not_forwarded_is_answered_so(message: bytes, expected: int) -> None:
    asked = read_query(message)
    assert asked is not None
    assert asked.refusal == expected
    assert code(asked.refused(expected)) == expected
    assert asked.refused(expected)[:2] == message[:2]


@pytest.mark.parametrize(
    "message",
    [b"", b"x" * 11, answer_to(question("example.org")), bytes(LARGEST_QUERY + 1)],
    ids=["empty", "short", "an answer", "too long"],
)
def test_what_deserves_no_answer_gets_none(message: bytes) -> None:
    assert read_query(message) is None


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_any_bytes_are_understood_or_not(message: bytes, answer: bytes) -> None:
    asked = read_query(message)
    if asked is not None:
        assert len(asked.refused(2)) <= len(message)
        assert asked.answered_by(answer, number=1) in (None, message[:2] + answer[2:])
