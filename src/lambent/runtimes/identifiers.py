"""Every runtime identifier that AWS knows, and what AWS has said of its end."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

_AL2, _AL2023 = "Amazon Linux 2", "Amazon Linux 2023"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeIdentifier:
    """A value of the API's `Runtime`."""

    name: str
    operating_system: str = ""
    """Empty where AWS offers it no more."""
    deprecated_on: date | None = None
    """As published; None where it is long past or not published."""
    blocked: bool = False
    """Whether AWS refuses it to functions that are created or updated."""


def _gone(name: str) -> RuntimeIdentifier:
    return RuntimeIdentifier(name=name, blocked=True)


def _offered(name: str, operating_system: str, deprecated_on: str = "") -> RuntimeIdentifier:
    return RuntimeIdentifier(
        name=name,
        operating_system=operating_system,
        deprecated_on=date.fromisoformat(deprecated_on) if deprecated_on else None,
    )


IDENTIFIERS: Final = (  # in the order of the Lambda model, in which an error lists them
    _gone("nodejs"),
    _gone("nodejs4.3"),
    _gone("nodejs6.10"),
    _gone("nodejs8.10"),
    _gone("nodejs10.x"),
    _gone("nodejs12.x"),
    _gone("nodejs14.x"),
    _offered("nodejs16.x", _AL2),
    _offered("nodejs18.x", _AL2),
    _offered("nodejs20.x", _AL2023, "2026-04-30"),
    _offered("nodejs22.x", _AL2023, "2027-04-30"),
    _offered("nodejs24.x", _AL2023, "2028-04-30"),
    _gone("java8"),
    _offered("java8.al2", _AL2, "2026-06-30"),
    _offered("java11", _AL2, "2026-06-30"),
    _offered("java17", _AL2, "2026-06-30"),
    _offered("java21", _AL2023, "2029-06-30"),
    _offered("java25", _AL2023, "2029-06-30"),
    _gone("python2.7"),
    _gone("python3.6"),
    _gone("python3.7"),
    _offered("python3.8", _AL2),
    _offered("python3.9", _AL2),
    _offered("python3.10", _AL2, "2026-06-30"),
    _offered("python3.11", _AL2, "2026-06-30"),
    _offered("python3.12", _AL2023, "2028-10-31"),
    _offered("python3.13", _AL2023, "2029-06-30"),
    _offered("python3.14", _AL2023, "2029-06-30"),
    _gone("dotnetcore1.0"),
    _gone("dotnetcore2.0"),
    _gone("dotnetcore2.1"),
    _gone("dotnetcore3.1"),
    _offered("dotnet6", _AL2),
    _offered("dotnet8", _AL2023, "2026-11-10"),
    _offered("dotnet10", _AL2023, "2028-11-14"),
    _gone("nodejs4.3-edge"),
    _gone("go1.x"),
    _gone("ruby2.5"),
    _gone("ruby2.7"),
    _offered("ruby3.2", _AL2, "2026-03-31"),
    _offered("ruby3.3", _AL2023, "2027-03-31"),
    _offered("ruby3.4", _AL2023, "2028-03-31"),
    _offered("ruby4.0", _AL2023),
    _gone("provided"),
    _offered("provided.al2", _AL2, "2026-07-31"),
    _offered("provided.al2023", _AL2023, "2029-06-30"),
    _offered("nodejs26.x", _AL2023),
    _offered("python3.15", _AL2023),
    _offered("java8.al2023", _AL2023),
    _offered("java11.al2023", _AL2023),
    _offered("java17.al2023", _AL2023),
    RuntimeIdentifier(name="custom"),
)

_BY_NAME: Final[Mapping[str, RuntimeIdentifier]] = {i.name: i for i in IDENTIFIERS}


def is_known(identifier: str) -> bool:
    """Whether the API knows `identifier`."""
    return identifier in _BY_NAME


def blocked_for_create(identifier: str) -> bool:
    """Whether AWS refuses `identifier` to functions that are created or updated."""
    known = _BY_NAME.get(identifier)
    return known is not None and known.blocked
