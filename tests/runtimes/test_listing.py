"""Runtimes in the order of AWS's refusals (recorded: CreateFunction in April 2024 and at the end of that year)."""

import pytest

from lambent.runtimes.identifiers import IDENTIFIERS
from lambent.runtimes.listing import as_listed

APRIL_2024 = (
    "nodejs20.x, provided.al2023, python3.12, java17, nodejs16.x, dotnet8, python3.10, java11, python3.11, dotnet6, "
    "java21, nodejs18.x, provided.al2, ruby3.3, java8.al2, ruby3.2, python3.8, python3.9"
)
END_OF_2024 = (
    "nodejs20.x, provided.al2023, python3.12, python3.13, nodejs22.x, java17, nodejs16.x, dotnet8, python3.10, java11, "
    "python3.11, dotnet6, java21, nodejs18.x, provided.al2, ruby3.3, java8.al2, ruby3.2, python3.8, python3.9"
)


@pytest.mark.parametrize("recorded", [APRIL_2024, END_OF_2024])
def test_runtimes_are_listed_as_aws_listed_them(recorded: str) -> None:
    offered = set(recorded.split(", "))
    assert ", ".join(as_listed(i.name for i in IDENTIFIERS if i.name in offered)) == recorded


def test_more_runtimes_are_spread_over_more_buckets() -> None:
    names = [i.name for i in IDENTIFIERS]
    assert len(names) > 24
    assert sorted(as_listed(names)) == sorted(names)
    assert as_listed([]) == []
