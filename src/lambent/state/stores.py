"""All that control keeps durably, as its operations are given it."""

from dataclasses import dataclass
from typing import Final

from lambent.model.concurrency import ProvisionedConcurrency, ReservedConcurrency
from lambent.model.mapping import EventSourceMapping
from lambent.state.aliases import Aliases
from lambent.state.functions import Functions
from lambent.state.layers import Layers
from lambent.state.records import Records, RecordStores

RESERVED: Final = "reserved-concurrency"
PROVISIONED: Final = "provisioned-concurrency"
EVENT_SOURCE_MAPPING: Final = "event-source-mapping"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """The stores of one database."""

    functions: Functions
    aliases: Aliases
    layers: Layers
    records: RecordStores

    @property
    def reserved(self) -> Records[ReservedConcurrency]:
        """Of functions."""
        return self.records.of(RESERVED, ReservedConcurrency)

    @property
    def provisioned(self) -> Records[ProvisionedConcurrency]:
        """Of versions and aliases."""
        return self.records.of(PROVISIONED, ProvisionedConcurrency)

    @property
    def event_source_mappings(self) -> Records[EventSourceMapping]:
        """By their UUIDs: they outlive their functions."""
        return self.records.of(EVENT_SOURCE_MAPPING, EventSourceMapping)
