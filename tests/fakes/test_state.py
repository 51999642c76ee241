"""The fakes obey the contracts that they stand for."""

import pytest

from lambent.state.stores import Stores
from tests.fakes.state import InMemoryState
from tests.state.aliases_conformance import AliasesConformance
from tests.state.records_conformance import RecordsConformance


@pytest.fixture
def stores() -> Stores:
    return InMemoryState().stores


class TestInMemoryAliases(AliasesConformance):
    """In memory."""


class TestInMemoryRecords(RecordsConformance):
    """In memory."""
