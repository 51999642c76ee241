"""What control knows of runtimes by name, and what of them AWS takes no more on which day (AWS documentation: Lambda runtimes)."""

from pathlib import Path

import pytest

from lambent.daemon.config import Settings
from lambent.daemon.control_runtimes import HostRuntimes
from lambent.daemon.control_sdks import NoSdks
from lambent.daemon.interpreters import InterpreterPlaces
from lambent.daemon.wiring_common import runtime_catalogue
from tests.fakes.clock import ManualClock

DAY_MS = 86_400_000
NEW_YEAR_2025_MS = 1_735_689_600_000
SPRING_2027_MS = NEW_YEAR_2025_MS + 791 * DAY_MS  # 2027-03-03


def runtimes(tmp_path: Path, now_ms: int, *, enforced: bool) -> HostRuntimes:
    catalogue = runtime_catalogue(
        tmp_path,
        places=InterpreterPlaces(homes=(), search_path=()),
        answers_dir=tmp_path / "answers",
    )
    clock = ManualClock(epoch_ms=now_ms)
    return HostRuntimes(catalogue, NoSdks(), clock=clock, enforce_deprecation=enforced)


def test_nothing_that_aws_ever_had_is_retired_unless_that_is_enforced(tmp_path: Path) -> None:
    assert Settings().runtimes_deprecation == "warn"
    taking = runtimes(tmp_path, SPRING_2027_MS, enforced=False)
    assert not taking.is_retired("go1.x", for_new=True)
    assert taking.is_known("go1.x")
    assert not taking.is_known("python4.0")


@pytest.mark.parametrize(
    ("now_ms", "identifier", "created", "updated"),
    [
        (NEW_YEAR_2025_MS, "go1.x", False, True),
        (NEW_YEAR_2025_MS, "nodejs10.x", False, False),
        (NEW_YEAR_2025_MS, "python3.8", True, True),
        (SPRING_2027_MS - DAY_MS, "python3.8", False, True),
        (SPRING_2027_MS, "python3.8", False, False),
        (SPRING_2027_MS, "python3.14", True, True),
        (SPRING_2027_MS, "nodejs26.x", True, True),
        (SPRING_2027_MS, "python4.0", True, True),
    ],
)
def test_enforced_each_phase_begins_on_its_day(
    tmp_path: Path, now_ms: int, identifier: str, created: bool, updated: bool
) -> None:
    enforcing = runtimes(tmp_path, now_ms, enforced=True)
    assert enforcing.is_retired(identifier, for_new=True) is not created
    assert enforcing.is_retired(identifier, for_new=False) is not updated


def test_offered_is_what_may_be_created(tmp_path: Path) -> None:
    offered = runtimes(tmp_path, SPRING_2027_MS, enforced=False).supported()
    assert {name for name in offered if name.startswith(("python", "nodejs"))} == {
        *("nodejs22.x", "nodejs24.x"),
        *("python3.11", "python3.12", "python3.13", "python3.14"),
        *("nodejs26.x", "python3.15"),
    }


@pytest.mark.parametrize(
    ("identifier", "at_new_year_2025", "in_spring_2027"),
    [
        ("java8", "java21", "java21"),
        ("go1.x", "provided.al2023", "provided.al2023"),
        ("provided", "provided.al2023", "provided.al2023"),
        ("ruby2.7", "ruby3.2", "ruby4.0"),
        ("nodejs14.x", "nodejs20.x", "nodejs24.x"),
        ("python3.7", "python3.12", "python3.12"),
        ("dotnetcore3.1", "dotnet6", "dotnet10"),
        ("nodejs12.x", "nodejs18.x", "nodejs24.x"),
        ("nodejs4.3-edge", "nodejs24.x", "nodejs24.x"),
        ("dotnetcore1.0", "dotnet10", "dotnet10"),
        ("python3.6", "python3.14", "python3.14"),
    ],
)
def test_what_aws_recommended_is_recommended_while_it_may_be_created(
    tmp_path: Path, identifier: str, at_new_year_2025: str, in_spring_2027: str
) -> None:
    """Recorded of the first eight; else and afterwards the newest of the family."""
    then = runtimes(tmp_path, NEW_YEAR_2025_MS, enforced=True)
    assert then.successor(identifier) == at_new_year_2025
    later = runtimes(tmp_path, SPRING_2027_MS, enforced=True)
    assert later.successor(identifier) == in_spring_2027


@pytest.mark.parametrize(
    ("now_ms", "identifier", "text"),
    [
        (NEW_YEAR_2025_MS, "python3.12", ""),
        (NEW_YEAR_2025_MS, "python4.0", ""),
        (NEW_YEAR_2025_MS, "python3.8", "AWS has deprecated python3.8 on 2024-10-14."),
        (
            NEW_YEAR_2025_MS,
            "go1.x",
            "AWS has deprecated go1.x on 2024-01-08; there, functions of it can't be created since 2024-02-08.",
        ),
        (
            SPRING_2027_MS,
            "go1.x",
            (
                "AWS has deprecated go1.x on 2024-01-08; there, functions of it can't be created since 2024-02-08 "
                "nor updated since 2027-03-03."
            ),
        ),
    ],
)
def test_a_deprecation_is_told_with_its_days(
    tmp_path: Path, now_ms: int, identifier: str, text: str
) -> None:
    assert runtimes(tmp_path, now_ms, enforced=False).deprecation(identifier) == text
