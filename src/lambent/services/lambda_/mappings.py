"""CreateEventSourceMapping, GetEventSourceMapping, ListEventSourceMappings, UpdateEventSourceMapping, DeleteEventSourceMapping.

A change is settled when it is answered: the answer calls it Creating, Updating or Deleting as AWS's does, and whoever reads
afterwards sees what came of it. So there is no change under way that a crash could cut short or another could run into.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from lambent.kit.clock import Clock
from lambent.kit.ids import Ids
from lambent.model.errors import FunctionNotFound, InvalidParameterValue, ResourceNotFound
from lambent.model.mapping import EventSourceMapping
from lambent.model.request import RequestContext
from lambent.services.lambda_ import (
    mapping_rules,
    mapping_settings,
    mapping_shape,
    mapping_sources,
    names,
)
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.mapping_shape import State
from lambent.services.lambda_.mapping_twins import demand_single
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.qualified import Qualifiers
from lambent.services.lambda_.tag_rules import checked_tags
from lambent.state.marker import marker_of, name_of
from lambent.state.records import Record, RecordKey
from lambent.state.stores import Stores

_MOST_LISTED: Final = 100

logger = logging.getLogger(__name__)


class MappingOperations:
    """Event source mappings. They outlive their functions."""

    def __init__(self, *, stores: Stores, clock: Clock, ids: Ids) -> None:
        self._mappings, self._reserved = stores.event_source_mappings, stores.reserved
        self._qualifiers, self._clock, self._ids = Qualifiers(stores), clock, ids
        self._one_at_a_time = asyncio.Lock()
        """Held between looking for a twin and storing."""

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "CreateEventSourceMapping": self.create_event_source_mapping,
            "GetEventSourceMapping": self.get_event_source_mapping,
            "ListEventSourceMappings": self.list_event_source_mappings,
            "UpdateEventSourceMapping": self.update_event_source_mapping,
            "DeleteEventSourceMapping": self.delete_event_source_mapping,
        }

    async def create_event_source_mapping(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Store a new mapping. Nothing is polled by it yet."""
        source = mapping_sources.find(context, members)
        source.demand_supported(members)
        named = names.read(context, "CreateEventSourceMapping", members)
        uuid, now_ms = self._ids.uuid(), self._clock.epoch_ms()
        mapping = EventSourceMapping(
            uuid=uuid,
            kind=source.kind,
            function_arn=named.arn,
            last_modified_ms=now_ms,
            tags=checked_tags(members),
            **mapping_settings.for_new(members, source=source, uuid=uuid),
        )
        mapping_rules.demand_valid(mapping)
        mapping_rules.demand_position(mapping, now_ms=now_ms)
        await self._demand_function(named)
        await self._demand_concurrency(mapping, named)
        async with self._one_at_a_time:
            demand_single(mapping, await self._all(context))
            await self._mappings.create(_key(context, uuid), mapping)
        shown = mapping_shape.shown(context, mapping, state=State.CREATING)
        if mapping.enabled:
            logger.warning("%s: %s.", shown["EventSourceMappingArn"], mapping_shape.NOT_POLLED)
        return shown

    async def get_event_source_mapping(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show a mapping."""
        return mapping_shape.shown(context, (await self._stored(context, members)).body)

    async def list_event_source_mappings(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Mappings by their UUIDs, of one source or function if it is given, there or not; at most 100 a page."""
        after = name_of(members.get("Marker") or "")
        found = await self._all(context)
        if members.get("EventSourceArn"):
            found = [m for m in found if m.event_source_arn == members["EventSourceArn"]]
        if members.get("FunctionName"):
            named = names.read(context, "ListEventSourceMappings", members)
            found = [mapping for mapping in found if mapping.function_arn == named.arn]
        found = [mapping for mapping in found if mapping.uuid > after]
        limit = min(members.get("MaxItems") or _MOST_LISTED, _MOST_LISTED)
        page = found[:limit]
        shown: dict[str, Any] = {
            "EventSourceMappings": [mapping_shape.listed(context, mapping) for mapping in page]
        }
        if len(found) > limit:
            shown["NextMarker"] = marker_of(page[-1].uuid)
        return shown

    async def update_event_source_mapping(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Change what is given and keep the rest."""
        named = None
        if members.get("FunctionName"):
            named = names.read(context, "UpdateEventSourceMapping", members)
        async with self._one_at_a_time:
            mapping = None
            while mapping is None:  # again when its tags were changed meanwhile
                mapping = await self._changed(context, members, named)
        return mapping_shape.shown(context, mapping, state=State.UPDATING)

    async def delete_event_source_mapping(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Delete a mapping."""
        record = await self._stored(context, members)
        if not await self._mappings.delete(record.key):
            raise _not_found()
        return mapping_shape.shown(context, record.body, state=State.DELETING)

    async def _changed(
        self, context: RequestContext, members: dict[str, Any], named: Named | None
    ) -> EventSourceMapping | None:
        """The mapping as it is stored anew; None when somebody changed it meanwhile."""
        record = await self._stored(context, members)
        before = record.body
        source = mapping_sources.of_kind(before.kind)
        source.demand_supported(members)
        fields = mapping_settings.for_change(members, before=before, source=source)
        if named is not None:
            fields["function_arn"] = named.arn
        mapping = replace(before, last_modified_ms=self._clock.epoch_ms(), **fields)
        mapping_rules.demand_valid(mapping)
        if named is not None:
            await self._demand_function(named)
        if named is not None or members.get("ScalingConfig"):
            await self._demand_concurrency(mapping, named or _named(context, mapping))
        demand_single(mapping, await self._all(context))
        stored = await self._mappings.put(record.key, mapping, if_revision=record.revision)
        return mapping if stored else None

    async def _stored(
        self, context: RequestContext, members: dict[str, Any]
    ) -> Record[EventSourceMapping]:
        """The record that is meant. Raises ResourceNotFound."""
        record = await self._mappings.get(_key(context, members["UUID"]))
        if record is None:
            raise _not_found()
        return record

    async def _all(self, context: RequestContext) -> Sequence[EventSourceMapping]:
        """Those of the account in the region, by their UUIDs."""
        records = await self._mappings.everything(
            account_id=context.account_id, region=context.region
        )
        return [record.body for record in records]

    async def _demand_function(self, named: Named) -> None:
        """Return if the function, with the version or alias that is named, is there. Raises InvalidParameterValue."""
        try:
            await self._qualifiers.find(named)
        except FunctionNotFound as error:
            raise InvalidParameterValue("Function does not exist") from error

    async def _demand_concurrency(self, mapping: EventSourceMapping, named: Named) -> None:
        """Return if the function may run as often at once as the mapping may. Raises InvalidParameterValue."""
        if mapping.maximum_concurrency is None:
            return
        record = await self._reserved.get(RecordKey.of_function(named.key))
        if record is not None and mapping.maximum_concurrency > record.body.executions:
            raise InvalidParameterValue(
                f"MaximumConcurrency: {mapping.maximum_concurrency} is greater than"
                f" Function Reserved Concurrency: {record.body.executions}"
            )


def _key(context: RequestContext, uuid: str) -> RecordKey:
    return RecordKey(context.account_id, context.region, "", uuid)


def _named(context: RequestContext, mapping: EventSourceMapping) -> Named:
    """The function of a mapping that is stored."""
    return names.read(context, "UpdateEventSourceMapping", {"FunctionName": mapping.function_arn})


def _not_found() -> ResourceNotFound:
    return ResourceNotFound("The resource you requested does not exist.")


def mapping_missing(arn: str) -> ResourceNotFound:
    """What is answered when there is no mapping to tag."""
    return ResourceNotFound(f"Event source mapping not found: {arn}")
