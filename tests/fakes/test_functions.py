"""The fake obeys the contract that it stands for."""

import pytest

from tests.fakes.functions import InMemoryFunctions
from tests.state.functions_conformance import FunctionsConformance


class TestInMemoryFunctions(FunctionsConformance):
    @pytest.fixture
    def functions(self) -> InMemoryFunctions:
        return InMemoryFunctions()
