"""Every runtime identifier that AWS knows, and when AWS ends what of it (AWS documentation: Lambda runtimes)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeIdentifier:
    """A value of the API's `Runtime`. A date is the first day of what it says, None where AWS has published none."""

    name: str
    deprecated_on: date | None = None
    """No more patches and no more support."""
    creation_blocked_on: date | None = None
    """No new functions."""
    update_blocked_on: date | None = None
    """No updates of the functions that there are."""


def _runtime(
    name: str, deprecated: str = "", create: str = "", update: str = ""
) -> RuntimeIdentifier:
    return RuntimeIdentifier(
        name=name,
        deprecated_on=_day(deprecated),
        creation_blocked_on=_day(create),
        update_blocked_on=_day(update),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


IDENTIFIERS: Final = (  # in the order of the Lambda model, in which an error lists them
    _runtime("nodejs", "2016-08-30", "2016-09-30", "2016-10-31"),
    _runtime("nodejs4.3", "2020-03-05", "2020-02-03", "2020-03-05"),
    _runtime("nodejs6.10", "2019-08-12", "2019-07-12", "2019-08-12"),
    _runtime("nodejs8.10", "2020-03-06", "2020-02-04", "2020-03-06"),
    _runtime("nodejs10.x", "2021-07-30", "2021-07-30", "2022-02-14"),
    _runtime("nodejs12.x", "2023-03-31", "2023-03-31", "2023-04-30"),
    _runtime("nodejs14.x", "2023-12-04", "2024-01-09", "2027-03-03"),
    _runtime("nodejs16.x", "2024-06-12", "2027-02-01", "2027-03-03"),
    _runtime("nodejs18.x", "2025-09-01", "2027-02-01", "2027-03-03"),
    _runtime("nodejs20.x", "2026-04-30", "2027-02-01", "2027-03-03"),
    _runtime("nodejs22.x", "2027-04-30", "2027-06-01", "2027-07-01"),
    _runtime("nodejs24.x", "2028-04-30", "2028-06-01", "2028-07-01"),
    _runtime("java8", "2024-01-08", "2024-02-08", "2027-03-03"),
    _runtime("java8.al2", "2027-06-30", "2027-07-31", "2027-08-31"),
    _runtime("java11", "2027-06-30", "2027-07-31", "2027-08-31"),
    _runtime("java17", "2027-06-30", "2027-07-31", "2027-08-31"),
    _runtime("java21", "2029-06-30", "2029-07-31", "2029-08-31"),
    _runtime("java25", "2029-06-30", "2029-07-31", "2029-08-31"),
    _runtime("python2.7", "2021-07-15", "2021-07-15", "2022-05-30"),
    _runtime("python3.6", "2022-07-18", "2022-07-18", "2022-08-29"),
    _runtime("python3.7", "2023-12-04", "2024-01-09", "2027-03-03"),
    _runtime("python3.8", "2024-10-14", "2027-02-01", "2027-03-03"),
    _runtime("python3.9", "2025-12-15", "2027-02-01", "2027-03-03"),
    _runtime("python3.10", "2026-10-31", "2027-02-01", "2027-03-03"),
    _runtime("python3.11", "2027-06-30", "2027-07-31", "2027-08-31"),
    _runtime("python3.12", "2028-10-31", "2028-11-30", "2029-01-10"),
    _runtime("python3.13", "2029-06-30", "2029-07-31", "2029-08-31"),
    _runtime("python3.14", "2029-06-30", "2029-07-31", "2029-08-31"),
    _runtime("dotnetcore1.0", "2019-06-27", "2019-06-30", "2019-07-30"),
    _runtime("dotnetcore2.0", "2019-05-30", "2019-04-30", "2019-05-30"),
    _runtime("dotnetcore2.1", "2022-01-05", "2022-01-05", "2022-04-13"),
    _runtime("dotnetcore3.1", "2023-04-03", "2023-04-03", "2023-05-03"),
    _runtime("dotnet6", "2024-12-20", "2027-02-01", "2027-03-03"),
    _runtime("dotnet8", "2026-11-10", "2027-02-01", "2027-03-03"),
    _runtime("dotnet10", "2028-11-14", "2028-12-14", "2029-01-15"),
    _runtime("nodejs4.3-edge", "2020-03-05", "2019-03-31", "2019-04-30"),
    _runtime("go1.x", "2024-01-08", "2024-02-08", "2027-03-03"),
    _runtime("ruby2.5", "2021-07-30", "2021-07-30", "2022-03-31"),
    _runtime("ruby2.7", "2023-12-07", "2024-01-09", "2027-03-03"),
    _runtime("ruby3.2", "2026-03-31", "2027-02-01", "2027-03-03"),
    _runtime("ruby3.3", "2027-03-31", "2027-04-30", "2027-05-31"),
    _runtime("ruby3.4", "2028-03-31", "2028-04-30", "2028-05-31"),
    _runtime("ruby4.0", "2029-03-31", "2029-04-30", "2029-05-31"),
    _runtime("provided", "2024-01-08", "2024-02-08", "2027-03-03"),
    _runtime("provided.al2", "2026-07-31", "2027-02-01", "2027-03-03"),
    _runtime("provided.al2023", "2029-06-30", "2029-07-31", "2029-08-31"),
    _runtime("nodejs26.x"),
    _runtime("python3.15"),
    _runtime("java8.al2023"),
    _runtime("java11.al2023"),
    _runtime("java17.al2023"),
    _runtime("custom"),
)

SUCCESSORS: Final[Mapping[str, str]] = {
    "java8": "java21",
    "go1.x": "provided.al2023",
    "provided": "provided.al2023",
    "ruby2.7": "ruby3.2",
    "nodejs12.x": "nodejs18.x",
    "nodejs14.x": "nodejs20.x",
    "python3.7": "python3.12",
    "dotnetcore3.1": "dotnet6",
}
"""Which runtime AWS's refusal of a retired one recommends (recorded in June 2024)."""

_FAMILY: Final = re.compile(r"[a-z]+?(?=core|\d|\.|$)")
_BY_NAME: Final[Mapping[str, RuntimeIdentifier]] = {i.name: i for i in IDENTIFIERS}


def runtime_named(identifier: str) -> RuntimeIdentifier | None:
    """What is known of `identifier`; None when AWS has no such runtime."""
    return _BY_NAME.get(identifier)


def newest_like(identifier: str) -> str:
    """The runtime for the language of one that AWS has or had, which AWS will support for longest."""
    family = _family(identifier)
    supported = [(i.deprecated_on, i.name) for i in IDENTIFIERS if _family(i.name) == family]
    last = max(day for day, _ in supported if day is not None)
    return [name for day, name in supported if day == last][-1]


def _family(identifier: str) -> str:
    found = _FAMILY.match(identifier)
    return found.group() if found else identifier


def has_come(day: date | None, *, today: date) -> bool:
    """Whether what AWS has published for `day`, if for any, holds `today`."""
    return day is not None and day <= today
