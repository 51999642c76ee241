"""When a request says it was signed, and whether that is now."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from lambent.identity.remembered import Remembered
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


class Dates:
    """Reads dates; those of late are remembered, because every client says the same second."""

    def __init__(self) -> None:
        self._known: Remembered[bytes, Signed] = Remembered(limit=64)

    def read(self, text: bytes) -> Signed:
        """The instant in an `X-Amz-Date` or `Date`. Raises IncompleteSignature."""
        known = self._known.get(text)
        if known is None:
            known = _read(text)
            self._known.put(text, known)
        return known


def refuse_untimely(signed: Signed, *, now_ms: int, valid_ms: int = SKEW_MS) -> None:
    """Raise InvalidSignature unless the signature is at most `valid_ms` old, and not of the future."""
    if signed.epoch_ms < now_ms - valid_ms:
        raise InvalidSignature(
            f"Signature expired: {signed.iso.decode()} is now earlier than {_basic(now_ms - valid_ms)} "
            f"({_basic(now_ms)} - {_span(valid_ms)}.)"
        )
    if signed.epoch_ms > now_ms + SKEW_MS:
        raise InvalidSignature(
            f"Signature not yet current: {signed.iso.decode()} is still later than {_basic(now_ms + SKEW_MS)} "
            f"({_basic(now_ms)} + {_span(SKEW_MS)}.)"
        )


def _read(text: bytes) -> Signed:
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
