"""Instants as the protocols write them: seconds since 1970, ISO 8601, or HTTP's date."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum


class TimestampFormat(StrEnum):
    """The model's `timestampFormat`."""

    UNIX = "unixTimestamp"
    ISO = "iso8601"
    HTTP = "rfc822"


def read_number(value: float) -> datetime:
    """The instant `value` seconds after 1970. Raises ValueError when no calendar has it."""
    try:
        return datetime.fromtimestamp(value, tz=UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{value} is no instant") from error


def read_text(text: str) -> datetime:
    """The instant that `text` names in any of the three formats. Raises ValueError."""
    if text.lstrip("-").replace(".", "", 1).isdecimal():
        return read_number(float(text))
    iso = text[:1].isdecimal()
    instant = datetime.fromisoformat(text) if iso else parsedate_to_datetime(text)
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def write(value: datetime | float, form: TimestampFormat) -> str | float:
    """`value`, a datetime with its zone or seconds since 1970, in the given format; a number for UNIX."""
    instant = value if isinstance(value, datetime) else read_number(value)
    if form is TimestampFormat.UNIX:
        return round(instant.timestamp(), 3)
    in_utc = instant.astimezone(UTC)
    if form is TimestampFormat.HTTP:
        return format_datetime(in_utc, usegmt=True)
    precision = "milliseconds" if in_utc.microsecond else "seconds"
    return in_utc.isoformat(timespec=precision).replace("+00:00", "Z")
