"""When a request says it was signed, and whether that is now."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from lambent.model.errors import IncompleteSignature, InvalidSignature

_BASIC: Final = re.compile(rb"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")
_MONTHS: Final = (
    *(b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun"),
    *(b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"),
)
_OF_MAIL: Final = re.compile(
    rb"\w{3}, (\d\d) (" + b"|".join(_MONTHS) + rb") (\d{4}) (\d\d):(\d\d):(\d\d) (?:GMT|[+-]0000)"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SKEW_MS: Final = 15 * 60 * 1000
"""How far a client's clock may be off."""


class Signed(NamedTuple):
    """The instant of a signature."""

    iso: bytes
    """As the string to sign has it: `20240501T123456Z`."""
    epoch_ms: int


def untimely(signed: Signed, *, now_ms: int, valid_ms: int) -> InvalidSignature:
    """The refusal of a signature older than `valid_ms`, or of a future further off than SKEW_MS."""
    if signed.epoch_ms < now_ms:
        return InvalidSignature(
            f"Signature expired: {signed.iso.decode()} is now earlier than {_basic(now_ms - valid_ms)} "
            f"({_basic(now_ms)} - {_span(valid_ms)}.)"
        )
    return InvalidSignature(
        f"Signature not yet current: {signed.iso.decode()} is still later than {_basic(now_ms + SKEW_MS)} "
        f"({_basic(now_ms)} + {_span(SKEW_MS)}.)"
    )


def read_date(text: bytes) -> Signed:
    """The instant in an `X-Amz-Date` or a `Date`. Raises IncompleteSignature."""
    if match := _BASIC.fullmatch(text):
        year, month, day, hour, minute, second = (int(part) for part in match.groups())
    elif match := _OF_MAIL.fullmatch(text):
        day, month, year = int(match[1]), _MONTHS.index(match[2]) + 1, int(match[3])
        hour, minute, second = int(match[4]), int(match[5]), int(match[6])
    else:
        raise _not_basic(text)
    try:
        at = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        raise _not_basic(text) from None
    return Signed(_text(at).encode(), (at - _EPOCH) // timedelta(milliseconds=1))


def _not_basic(text: bytes) -> IncompleteSignature:
    return IncompleteSignature(
        f"Date must be in ISO-8601 'basic format'. Got '{text.decode('latin-1')}'. See http://en.wikipedia.org/wiki/ISO_8601"
    )


def _basic(epoch_ms: int) -> str:
    return _text(_EPOCH + timedelta(milliseconds=epoch_ms))


def _text(at: datetime) -> str:
    # Not strftime: its %Y leaves out the zeros of years before 1000.
    return f"{at.year:04}{at.month:02}{at.day:02}T{at.hour:02}{at.minute:02}{at.second:02}Z"


def _span(milliseconds: int) -> str:
    seconds = milliseconds // 1000
    return f"{seconds} sec" if seconds % 60 else f"{seconds // 60} min"
