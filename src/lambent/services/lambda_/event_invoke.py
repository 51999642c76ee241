"""PutFunctionEventInvokeConfig and its like: what becomes of asynchronous events of a function, a version or an alias."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from lambent.kit.clock import Clock
from lambent.model.arn import function_arn
from lambent.model.errors import InvalidParameterValue, ResourceNotFound
from lambent.model.function import LATEST
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.destinations import Destinations
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.qualified import Qualifiers
from lambent.state.records import OwnerMissing, Record, RecordKey
from lambent.state.stores import Stores

KIND: Final = "event-invoke-config"
_MOST_LISTED: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class EventInvokeConfig:
    """As it is kept of a qualifier, `$LATEST` for the function's own."""

    last_modified_ms: int
    retry_attempts: int | None = None
    event_age_seconds: int | None = None
    on_success: str = ""
    """An ARN, empty for none."""
    on_failure: str = ""


class EventInvokeOperations:
    """The configurations of asynchronous invocation."""

    def __init__(self, *, stores: Stores, clock: Clock) -> None:
        self._records = stores.records.of(KIND, EventInvokeConfig)
        self._qualifiers, self._clock = Qualifiers(stores), clock
        self._destinations = Destinations(stores=stores)

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "PutFunctionEventInvokeConfig": self.put_function_event_invoke_config,
            "UpdateFunctionEventInvokeConfig": self.update_function_event_invoke_config,
            "GetFunctionEventInvokeConfig": self.get_function_event_invoke_config,
            "DeleteFunctionEventInvokeConfig": self.delete_function_event_invoke_config,
            "ListFunctionEventInvokeConfigs": self.list_function_event_invoke_configs,
        }

    async def put_function_event_invoke_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Put a configuration in place of the one there was."""
        named = names.read(context, "PutFunctionEventInvokeConfig", members)
        _demand_something(members)
        await self._demand_target(named)
        given = await self._given(named, members)
        config = EventInvokeConfig(last_modified_ms=self._clock.epoch_ms(), **given)
        try:
            await self._records.put(_key(named), config)
        except OwnerMissing as error:
            raise _no_function() from error
        return _shown(_key(named), config)

    async def update_function_event_invoke_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Change what is given and keep the rest."""
        named = names.read(context, "UpdateFunctionEventInvokeConfig", members)
        _demand_something(members)
        await self._demand_target(named)
        given = await self._given(named, members)
        while True:  # again when somebody was first: what he changed must not be lost
            before = await self._find(named)
            config = replace(before.body, last_modified_ms=self._clock.epoch_ms(), **given)
            try:
                if await self._records.put(before.key, config, if_revision=before.revision):
                    return _shown(before.key, config)
            except OwnerMissing as error:
                raise _no_function() from error

    async def get_function_event_invoke_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show a configuration."""
        named = names.read(context, "GetFunctionEventInvokeConfig", members)
        found = await self._find(named)
        return _shown(found.key, found.body)

    async def delete_function_event_invoke_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Remove a configuration."""
        named = names.read(context, "DeleteFunctionEventInvokeConfig", members)
        if not await self._records.delete(_key(named)):
            raise _no_config(named)
        return {}

    async def list_function_event_invoke_configs(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """A function's configurations: $LATEST, versions, aliases."""
        named = names.read(context, "ListFunctionEventInvokeConfigs", members)
        try:
            await self._qualifiers.demand_function(named)
        except ResourceNotFound as error:
            raise _no_function() from error
        page = await self._records.page(
            account_id=named.key.account_id,
            region=named.key.region,
            function=named.key.name,
            marker=members.get("Marker") or "",
            limit=members.get("MaxItems") or _MOST_LISTED,
        )
        configs = [_shown(record.key, record.body) for record in page.items]
        shown: dict[str, Any] = {"FunctionEventInvokeConfigs": configs}
        if page.next_marker:
            shown["NextMarker"] = page.next_marker
        return shown

    async def _demand_target(self, named: Named) -> None:
        """Return if the function is there, and its version or alias. Raises ResourceNotFound."""
        if not await self._qualifiers.exists(named):
            raise _no_function()

    async def _find(self, named: Named) -> Record[EventInvokeConfig]:
        record = await self._records.get(_key(named))
        if record is None:
            raise _no_config(named)
        return record

    async def _given(self, named: Named, members: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that `members` has values for. Raises InvalidParameterValue."""
        given: dict[str, Any] = {}
        if members.get("MaximumRetryAttempts") is not None:
            given["retry_attempts"] = members["MaximumRetryAttempts"]
        if members.get("MaximumEventAgeInSeconds") is not None:
            given["event_age_seconds"] = members["MaximumEventAgeInSeconds"]
        destinations = members.get("DestinationConfig") or {}
        await self._destinations.demand_fit(destinations, of=named)
        for member, field in (("OnSuccess", "on_success"), ("OnFailure", "on_failure")):
            if destinations.get(member) is not None:
                given[field] = destinations[member].get("Destination") or ""
        return given


def _demand_something(members: Mapping[str, Any]) -> None:
    known = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    if all(members.get(member) is None for member in known):
        raise InvalidParameterValue(
            "You must specify at least one of error handling or destination setting."
        )


def _key(named: Named) -> RecordKey:
    return RecordKey.of_function(named.key, qualifier=named.qualifier or LATEST)


def _no_function() -> ResourceNotFound:
    return ResourceNotFound("The function doesn't exist.")


def _no_config(named: Named) -> ResourceNotFound:
    return ResourceNotFound(f"The function {_arn(_key(named))} doesn't have an EventInvokeConfig")


def _arn(key: RecordKey) -> str:
    return function_arn(
        region=key.region, account_id=key.account_id, name=key.function, qualifier=key.id
    )


def _shown(key: RecordKey, config: EventInvokeConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "LastModified": config.last_modified_ms / 1000,
        "FunctionArn": _arn(key),
        "DestinationConfig": {
            "OnSuccess": {"Destination": config.on_success} if config.on_success else {},
            "OnFailure": {"Destination": config.on_failure} if config.on_failure else {},
        },
    }
    if config.retry_attempts is not None:
        shown["MaximumRetryAttempts"] = config.retry_attempts
    if config.event_age_seconds is not None:
        shown["MaximumEventAgeInSeconds"] = config.event_age_seconds
    return shown
