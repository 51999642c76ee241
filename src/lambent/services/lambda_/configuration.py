"""GetFunctionConfiguration and UpdateFunctionConfiguration."""

from dataclasses import replace
from typing import Any

from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.code_signing_store import CodeSigning
from lambent.services.lambda_.effects import refuse_unsupported
from lambent.services.lambda_.function_layers import FunctionLayers
from lambent.services.lambda_.handlers import Handlers
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
        signing: CodeSigning,
        layers: FunctionLayers,
    ) -> None:
        self._changes, self._rules, self._signing = changes, rules, signing
        self._configurations, self._layers = configurations, layers

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "GetFunctionConfiguration": self.get_function_configuration,
            "UpdateFunctionConfiguration": self.update_function_configuration,
        }

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
        before = await self._changes.changeable(named, revision_id=members.get("RevisionId"))
        fields = self._rules.fields(members, before=before)
        if members.get("Layers"):
            await self._signing.demand_deployable(before.key, before.code_signing_config_arn)
        fields |= await self._layers.fields(context, members)
        draft = replace(before, **fields)
        if "layers" in fields:
            await self._layers.demand_room_beside(draft)
        version = await self._changes.update(before, draft)
        self._rules.note(version, members)
        return await self._configurations.show(version, arn=version.key.unqualified_arn)
