"""A short soak: random kills leave nothing behind. `./lambent soak --minutes N` is the long one."""

from pathlib import Path

import pytest

from tests.soak.campaign import campaign


@pytest.mark.acceptance
@pytest.mark.root
@pytest.mark.timeout(180)
def test_random_kills_leave_nothing_behind(tmp_path: Path) -> None:
    report = campaign(
        go_on=lambda so_far: so_far.rounds < 8, seed=7, directory=tmp_path, say=lambda _: None
    )
    assert report.faults == [], str(report)
