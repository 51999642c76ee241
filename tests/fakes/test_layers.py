"""The fake obeys the contract it stands in for."""

import pytest

from tests.fakes.layers import InMemoryLayers
from tests.state.layers_conformance import LayersConformance


class TestInMemoryLayers(LayersConformance):
    @pytest.fixture
    def layers(self) -> InMemoryLayers:
        return InMemoryLayers()
