"""GetFunctionScalingConfig and PutFunctionScalingConfig: of functions on managed instances, which none here is."""

from typing import Any, NoReturn

from lambent.model.errors import InvalidParameterValue
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.qualified import Qualifiers
from lambent.state.stores import Stores


class ScalingOperations:
    """Both are refused as they are for any function without a capacity provider."""

    def __init__(self, *, stores: Stores) -> None:
        self._qualifiers = Qualifiers(stores)

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "GetFunctionScalingConfig": self.get_function_scaling_config,
            "PutFunctionScalingConfig": self.put_function_scaling_config,
        }

    async def get_function_scaling_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Raise FunctionNotFound, else InvalidParameterValue."""
        await self._refuse(context, "GetFunctionScalingConfig", members)

    async def put_function_scaling_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Raise FunctionNotFound, else InvalidParameterValue."""
        await self._refuse(context, "PutFunctionScalingConfig", members)

    async def _refuse(
        self, context: RequestContext, operation: str, members: dict[str, Any]
    ) -> NoReturn:
        named = names.read(context, operation, members)
        await self._qualifiers.find(named)
        raise InvalidParameterValue(
            f"The function {named.arn} has no capacity provider: FunctionScalingConfig isn't supported for it."
        )
