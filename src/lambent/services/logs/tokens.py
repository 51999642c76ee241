"""The tokens of paged answers: where the next page begins, and in which direction."""

import base64
import binascii
import re
from typing import Final, NamedTuple

from lambent.services.logs.errors import InvalidNextToken

_DIGITS: Final = 56
_LARGEST: Final = 1 << 62
_EVENTS: Final = re.compile(r"([fb])/([0-9]{56})(?:/s)?", re.ASCII)
_SCAN: Final = re.compile(r"([fb])/([0-9]{1,19})/([0-9]{1,19})", re.ASCII)


class EventsToken(NamedTuple):
    """Of GetLogEvents: forward the events after `position`, backward those before it."""

    forward: bool
    position: int

    def __str__(self) -> str:
        return f"{'f' if self.forward else 'b'}/{self.position:0{_DIGITS}d}/s"


class ScanToken(NamedTuple):
    """Of FilterLogEvents: the last event that was looked at, and whether older ones follow."""

    descending: bool
    epoch_ms: int
    position: int

    def __str__(self) -> str:
        return f"{'b' if self.descending else 'f'}/{self.epoch_ms}/{self.position}"


def events_token(text: str) -> EventsToken:
    """Read a token of GetLogEvents. Raises InvalidNextToken."""
    found = _EVENTS.fullmatch(text)
    if found is None:
        raise InvalidNextToken
    return EventsToken(found[1] == "f", _number(found[2]))


def scan_token(text: str) -> ScanToken:
    """Read a token of FilterLogEvents. Raises InvalidNextToken."""
    found = _SCAN.fullmatch(text)
    if found is None:
        raise InvalidNextToken
    return ScanToken(found[1] == "b", _number(found[2]), _number(found[3]))


def name_token(name: str) -> str:
    """A token for a list that goes on after `name`."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def name_after(token: str) -> str:
    """The name in a token of `name_token`. Raises InvalidNextToken."""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise InvalidNextToken from error


def stream_token(last_event_ms: int, name: str) -> str:
    """A token for a list of streams that goes on after this one."""
    return name_token(f"{last_event_ms}/{name}")


def stream_after(token: str) -> tuple[int, str]:
    """The pair in a token of `stream_token`. Raises InvalidNextToken."""
    digits, _, name = name_after(token).partition("/")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise InvalidNextToken
    return _number(digits), name


def event_id(epoch_ms: int, position: int) -> str:
    """An event's id: 56 digits as AWS's are, unique in the store, in the order of FilterLogEvents."""
    return f"3{epoch_ms:015d}{position:040d}"


def _number(digits: str) -> int:
    number = int(digits)
    if number >= _LARGEST:
        raise InvalidNextToken
    return number
