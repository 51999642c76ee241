"""1,000 requests in every run; `./lambent fuzz` sends 20,000."""

from pathlib import Path
from typing import Any

import pytest

from lambent.model.errors import PreconditionFailed
from tests.fuzz.campaign import BUILT, Report, campaign
from tests.golden.register import NEVER, NEVER_OF

SEED = 2026


@pytest.mark.timeout(120)
async def test_a_thousand_requests_find_no_fault(tmp_path: Path) -> None:
    report = await campaign(requests=1_000, seed=SEED, directory=tmp_path)
    print(report)  # noqa: T201 - the seed and the counts, shown by -s and with a failure
    assert not report.faults, report
    for service, operations in BUILT.items():
        assert operations <= set(report.succeeded), f"{service}: none was sent"
    assert report.not_built
    assert not {(o, error) for o, error in report.errors if error in excused(o)}
    assert sum(n for status, n in report.statuses.items() if 400 <= status < 500) > 200


def excused(operation: str) -> set[str]:
    """The errors that the golden register says an operation never answers."""
    return {*NEVER, *NEVER_OF.get(operation, {})}


async def test_a_handler_that_raises_shows_as_500(tmp_path: Path) -> None:
    async def raising(*_asked: Any) -> dict[str, Any]:
        raise ZeroDivisionError

    report = await planted(tmp_path, "ListFunctions", raising)
    assert report.statuses[500] == len(report.faults) > 0
    assert all(": 500\n" in fault for fault in report.faults)
    assert any("valid lambda ListFunctions: 500" in fault for fault in report.faults)


async def test_an_error_outside_the_model_shows(tmp_path: Path) -> None:
    async def off_the_model(*_asked: Any) -> dict[str, Any]:
        raise PreconditionFailed("not an error of this operation")

    report = await planted(tmp_path, "GetAccountSettings", off_the_model)
    assert report.faults
    assert all("is not in the model of GetAccountSettings" in fault for fault in report.faults)


async def planted(directory: Path, operation: str, handler: Any) -> Report:
    return await campaign(requests=30, seed=SEED, directory=directory, planted={operation: handler})
