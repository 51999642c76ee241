"""CreateAlias, GetAlias, ListAliases, UpdateAlias, DeleteAlias."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from lambent.kit.ids import Ids
from lambent.model.alias import Alias
from lambent.model.errors import (
    InvalidParameterValue,
    ResourceConflict,
    ResourceNotFound,
    UntypedInvalidParameterValue,
)
from lambent.model.function import LATEST, FunctionKey, FunctionVersion
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.capacity import Capacity
from lambent.services.lambda_.changes import Publisher, demand_revision
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.provisioned_targets import ProvisionedTargets
from lambent.services.lambda_.qualified import Qualifiers, alias_key
from lambent.state.records import RecordKey
from lambent.state.stores import Stores

_MOST_LISTED: Final = 10_000


class AliasOperations:
    """Aliases. A change is on disk and known to the edge when its call returns."""

    def __init__(
        self, *, stores: Stores, capacity: Capacity, publisher: Publisher, ids: Ids
    ) -> None:
        self._functions, self._aliases = stores.functions, stores.aliases
        self._provisioned, self._targets = stores.provisioned, ProvisionedTargets(stores)
        self._capacity = capacity
        self._qualifiers, self._publisher, self._ids = Qualifiers(stores), publisher, ids

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "CreateAlias": self.create_alias,
            "GetAlias": self.get_alias,
            "ListAliases": self.list_aliases,
            "UpdateAlias": self.update_alias,
            "DeleteAlias": self.delete_alias,
        }

    async def create_alias(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Give a version a name."""
        named = names.read(context, "CreateAlias", members)
        alias = Alias(
            key=alias_key(named.key, members["Name"]),
            revision_id=self._ids.uuid(),
            function_version=members["FunctionVersion"],
            description=members.get("Description") or "",
            weights=_weights(members) or {},
        )
        await self._demand_fit(alias)
        with self._publisher.changing(named.key):
            await self._aliases.create(alias)
            await self._publisher.publish_traffic(named.key)
        return _shown(alias)

    async def get_alias(self, context: RequestContext, members: dict[str, Any]) -> dict[str, Any]:
        """Show an alias."""
        named = names.read(context, "GetAlias", members)
        alias = await self._qualifiers.alias(named, members["Name"])
        await self._publisher.settled(named.key)
        return _shown(alias)

    async def list_aliases(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """A function's aliases by name, those of one version if it is given."""
        named = names.read(context, "ListAliases", members)
        await self._qualifiers.demand_function(named)
        page = await self._aliases.page(
            named.key,
            version=members.get("FunctionVersion"),
            marker=members.get("Marker") or "",
            limit=members.get("MaxItems") or _MOST_LISTED,
        )
        shown: dict[str, Any] = {"Aliases": [_shown(alias) for alias in page.items]}
        if page.next_marker:
            shown["NextMarker"] = page.next_marker
        return shown

    async def update_alias(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Change what is given and keep the rest; empty weights end the routing."""
        named = names.read(context, "UpdateAlias", members)
        key = alias_key(named.key, members["Name"])
        before = await self._aliases.get(key)
        if before is None:
            raise ResourceNotFound(f"Alias not found: {key.arn}")
        demand_revision(before.revision_id, members.get("RevisionId"))
        weights = _weights(members)
        alias = replace(
            before,
            revision_id=self._ids.uuid(),
            function_version=members.get("FunctionVersion") or before.function_version,
            description=members.get("Description", before.description),
            weights=before.weights if weights is None else weights,
        )
        await self._demand_fit(alias)
        with self._publisher.changing(named.key):
            async with self._capacity.alone(named.key):
                await self._move_provisioned(alias)
                if not await self._aliases.replace(alias, if_revision=before.revision_id):
                    raise ResourceConflict(
                        f"The alias {key.arn} was changed at the same time; try again."
                    )
            await self._publisher.publish_traffic(named.key)
        return _shown(alias)

    async def delete_alias(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Delete an alias; one that is not there counts as deleted."""
        named = names.read(context, "DeleteAlias", members)
        await self._qualifiers.demand_function(named)
        with self._publisher.changing(named.key):
            await self._aliases.delete(alias_key(named.key, members["Name"]))
            await self._publisher.publish_traffic(named.key)
        return {}

    async def _move_provisioned(self, alias: Alias) -> None:
        """Return if environments that are kept ready for the alias may be those of its version. Raises ServiceError."""
        function, name = alias.key.function_key, alias.key.name
        config = RecordKey.of_function(function, qualifier=name)
        if await self._provisioned.get(config) is not None:
            await self._targets.demand_movable(function, name, alias.function_version)

    async def _demand_fit(self, alias: Alias) -> None:
        """Raise InvalidParameterValue unless the alias's two versions can stand for one another."""
        if not alias.weights:
            return
        if len(alias.weights) > 1:
            raise InvalidParameterValue(
                "Number of items in AdditionalVersionWeights cannot be greater than 1"
            )
        main, (other,) = alias.function_version, alias.weights
        if main == LATEST:
            raise UntypedInvalidParameterValue(
                "$LATEST is not supported for an alias pointing to more than 1 version"
            )
        if main == other:
            raise InvalidParameterValue(
                f"Invalid function version {main}. Function version {main} is already included in routing configuration."
            )
        key = alias.key.function_key
        first, second = await self._version(key, main), await self._version(key, other)
        if first is not None and second is not None and first.role != second.role:
            raise InvalidParameterValue(
                f"Versions {main} and {other} have different execution roles: an alias can only lead to both if they have the same."
            )

    async def _version(self, key: FunctionKey, number: str) -> FunctionVersion | None:
        stored = await self._functions.get(key._replace(version=number))
        return stored.configured if stored else None


def _weights(members: Mapping[str, Any]) -> dict[str, float] | None:
    """The weights that are given, None for none."""
    routing = members.get("RoutingConfig")
    if routing is None or routing.get("AdditionalVersionWeights") is None:
        return None
    return dict(routing["AdditionalVersionWeights"])


def _shown(alias: Alias) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AliasArn": alias.key.arn,
        "Name": alias.key.name,
        "FunctionVersion": alias.function_version,
        "Description": alias.description,
        "RevisionId": alias.revision_id,
    }
    if alias.weights:
        shown["RoutingConfig"] = {"AdditionalVersionWeights": dict(alias.weights)}
    return shown
