"""PutFunctionCodeSigningConfig, GetFunctionCodeSigningConfig, DeleteFunctionCodeSigningConfig: which one a function has."""

from typing import Any

from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.changes import Changes
from lambent.services.lambda_.code_signing_store import CodeSigning
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named


class FunctionCodeSigningOperations:
    """The code signing configuration of a function as a whole; what is deployed already is not judged."""

    def __init__(self, *, changes: Changes, signing: CodeSigning) -> None:
        self._changes, self._signing = changes, signing

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "PutFunctionCodeSigningConfig": self.put_function_code_signing_config,
            "GetFunctionCodeSigningConfig": self.get_function_code_signing_config,
            "DeleteFunctionCodeSigningConfig": self.delete_function_code_signing_config,
        }

    async def put_function_code_signing_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Give a function a configuration in place of the one that it had."""
        named = names.read_function(context, "PutFunctionCodeSigningConfig", members)
        arn = members["CodeSigningConfigArn"]
        async with self._signing.held(named.key, arn):
            await self._changes.sign(_unqualified(named), code_signing_config_arn=arn)
        return {"CodeSigningConfigArn": arn, "FunctionName": named.key.name}

    async def get_function_code_signing_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show which one a function has; nothing when it has none (recorded)."""
        named = names.read_function(context, "GetFunctionCodeSigningConfig", members)
        version = await self._changes.configured(_unqualified(named))
        if not version.code_signing_config_arn:
            return {}
        return {
            "CodeSigningConfigArn": version.code_signing_config_arn,
            "FunctionName": named.key.name,
        }

    async def delete_function_code_signing_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Take a function's configuration from it; harmless when it has none."""
        named = names.read_function(context, "DeleteFunctionCodeSigningConfig", members)
        version = await self._changes.configured(_unqualified(named))
        if version.code_signing_config_arn:
            await self._changes.sign(_unqualified(named), code_signing_config_arn="")
        return {}


def _unqualified(named: Named) -> Named:
    return Named(key=named.key)
