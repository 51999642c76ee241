"""GetFunctionConfiguration and UpdateFunctionConfiguration."""

from dataclasses import replace
from typing import Any

from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.effects import refuse_unsupported
from lambent.services.lambda_.function_layers import FunctionLayers
from lambent.services.lambda_.rules import Rules
from lambent.services.lambda_.shape import Configurations


class ConfigurationOperations:
    """A function's settings without its code."""

    def __init__(
        self,
        *,
        changes: Changes,
        rules: Rules,
        configurations: Configurations,
        layers: FunctionLayers,
    ) -> None:
        self._changes, self._rules, self._layers = changes, rules, layers
        self._configurations = configurations

    async def get_function_configuration(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show a function's settings."""
        named = names.read(context, "GetFunctionConfiguration", members)
        return await self._configurations.show(await self._changes.configured(named), arn=named.arn)

    async def update_function_configuration(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Change the settings that are given and keep the others."""
        named = names.read_function(context, "UpdateFunctionConfiguration", members)
        refuse_unsupported(members)
        fields = self._rules.fields(members)
        before = await self._changes.changeable(named, revision_id=members.get("RevisionId"))
        fields |= await self._layers.fields(context, members)
        draft = replace(before, **fields)
        if "layers" in fields:
            await self._layers.demand_room_beside(draft)
        version = await self._changes.update(before, draft)
        return await self._configurations.show(version, arn=version.key.unqualified_arn)
