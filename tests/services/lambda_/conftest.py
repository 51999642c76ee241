"""The bench, in a region of each of two partitions."""

import pytest

from tests.services.lambda_.bench import REGIONS, Bench


@pytest.fixture(params=list(REGIONS))
def bench(request: pytest.FixtureRequest) -> Bench:
    return Bench(region=str(request.param))
