"""Dates of signatures."""

import pytest

from lambent.identity.dates import read_date, untimely
from lambent.model.errors import IncompleteSignature

EPOCH_MS = 1_714_566_896_000


@pytest.mark.parametrize(
    "text",
    [
        b"20240501T123456Z",
        b"Wed, 01 May 2024 12:34:56 GMT",
        b"Wed, 01 May 2024 12:34:56 -0000",
    ],
)
def test_all_forms_say_the_same_instant(text: bytes) -> None:
    signed = read_date(text)
    assert signed.epoch_ms == EPOCH_MS
    assert signed.iso == b"20240501T123456Z"


@pytest.mark.parametrize(
    "text",
    [
        b"201",
        b"2024-05-01T12:34:56Z",
        b"20240501T123456",
        b"20240501T123456Z\n",
        b"20241301T123456Z",
        b"20240501T123460Z",
        b"00000501T123456Z",
        b"20240501T123456Z,20240501T123456Z",
        b"Wed, 01 Mai 2024 12:34:56 GMT",
        b"Wed, 01 May 2024 12:34:56 +0200",
        b"\xff",
    ],
)
def test_what_is_no_date_is_refused_as_aws_words_it(text: bytes) -> None:
    with pytest.raises(IncompleteSignature) as refused:
        read_date(text)
    assert str(refused.value) == (
        f"Date must be in ISO-8601 'basic format'. Got '{text.decode('latin-1')}'. "
        "See http://en.wikipedia.org/wiki/ISO_8601"
    )


def test_an_early_year_keeps_its_zeros() -> None:
    assert read_date(b"00010101T000000Z").iso == b"00010101T000000Z"


def test_the_span_of_a_presigned_url_is_named_in_minutes_when_it_is_whole() -> None:
    signed = read_date(b"20240501T123456Z")
    hour = str(untimely(signed, now_ms=EPOCH_MS + 3_600_001, valid_ms=3_600_000))
    assert hour == (
        "Signature expired: 20240501T123456Z is now earlier than 20240501T123456Z "
        "(20240501T133456Z - 60 min.)"
    )
    assert str(untimely(signed, now_ms=EPOCH_MS + 10_000, valid_ms=1_000)).endswith(" - 1 sec.)")
