"""Identifiers."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from lambent.kit.ids import RandomIds


def test_a_uuid_is_one_of_version_4_in_canonical_form() -> None:
    ids = RandomIds()
    for _ in range(1000):
        text = ids.uuid()
        parsed = uuid.UUID(text)
        assert str(parsed) == text
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122


def test_ids_do_not_repeat_across_refills() -> None:
    ids = RandomIds()
    assert len({ids.uuid() for _ in range(5000)}) == 5000


@given(st.lists(st.integers(min_value=1, max_value=64), max_size=50))
def test_hex_has_the_length_asked_for_and_uses_no_digit_twice(lengths: list[int]) -> None:
    source = bytes(range(256)) * 32
    ids = RandomIds(randomness=lambda count: source[:count])
    stream = source.hex()
    at = 0
    for length in lengths:
        assert ids.hex(length) == stream[at : at + length]
        at += length
