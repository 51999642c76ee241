"""The identifiers are botocore's, and their ends AWS's (AWS documentation: Lambda runtimes, as of October 2026)."""

from datetime import date, timedelta
from itertools import pairwise

import botocore.loaders
import pytest

from lambent.runtimes.identifiers import IDENTIFIERS, has_come, runtime_named


def test_the_identifiers_are_those_of_the_model_in_its_order() -> None:
    model = botocore.loaders.Loader().load_service_model("lambda", "service-2")
    assert [identifier.name for identifier in IDENTIFIERS] == model["shapes"]["Runtime"]["enum"]


@pytest.mark.parametrize(
    ("name", "deprecated", "creation_blocked", "update_blocked"),
    [
        ("nodejs", "2016-08-30", "2016-09-30", "2016-10-31"),
        ("python3.7", "2023-12-04", "2024-01-09", "2027-03-03"),
        ("go1.x", "2024-01-08", "2024-02-08", "2027-03-03"),
        ("nodejs20.x", "2026-04-30", "2027-02-01", "2027-03-03"),
        ("python3.14", "2029-06-30", "2029-07-31", "2029-08-31"),
        ("ruby4.0", "2029-03-31", "2029-04-30", "2029-05-31"),
    ],
)
def test_each_phase_has_its_published_day(
    name: str, deprecated: str, creation_blocked: str, update_blocked: str
) -> None:
    runtime = runtime_named(name)
    assert runtime is not None
    days = (runtime.deprecated_on, runtime.creation_blocked_on, runtime.update_blocked_on)
    assert days == tuple(map(date.fromisoformat, (deprecated, creation_blocked, update_blocked)))


def test_a_runtime_can_be_updated_at_least_as_long_as_created() -> None:
    for runtime in IDENTIFIERS:
        days = [runtime.creation_blocked_on, runtime.update_blocked_on]
        known = [day for day in days if day is not None]
        assert len(known) in {0, 2}, runtime.name
        assert all(first <= then for first, then in pairwise(known)), runtime.name


def test_a_phase_begins_with_its_day_and_an_unpublished_one_never() -> None:
    day = date(2026, 4, 30)
    assert has_come(day, today=day)
    assert not has_come(day, today=day - timedelta(days=1))
    assert not has_come(None, today=date.max)


def test_an_unknown_identifier_is_not_known() -> None:
    assert runtime_named("python4.0") is None
    assert runtime_named("custom") is not None
