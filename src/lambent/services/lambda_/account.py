"""GetAccountSettings."""

from typing import Any

from lambent.model.limits import MAX_CODE_BYTES, MAX_UNZIPPED_BYTES, MAX_ZIP_BYTES
from lambent.model.request import RequestContext
from lambent.services.lambda_.capacity import Capacity
from lambent.services.lambda_.handlers import Handlers
from lambent.state.functions import Functions
from lambent.state.layers import Layers


class AccountOperations:
    """What an account may use in a region, and what it uses."""

    def __init__(self, *, functions: Functions, layers: Layers, capacity: Capacity) -> None:
        self._functions, self._layers, self._capacity = functions, layers, capacity

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "GetAccountSettings": self.get_account_settings,
        }

    async def get_account_settings(
        self, context: RequestContext, _members: dict[str, Any]
    ) -> dict[str, Any]:
        """Limits and usage of the account and region addressed."""
        where = {"account_id": context.account_id, "region": context.region}
        shares = await self._capacity.shares(**where)
        usage = await self._functions.usage(**where)
        layer_bytes = await self._layers.code_bytes(**where)
        return {
            "AccountLimit": {
                "TotalCodeSize": MAX_CODE_BYTES,
                "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
                "CodeSizeZipped": MAX_ZIP_BYTES,
                "ConcurrentExecutions": shares.limit,
                "UnreservedConcurrentExecutions": max(0, shares.unreserved),
            },
            "AccountUsage": {
                "TotalCodeSize": usage.code_bytes + layer_bytes,
                "FunctionCount": usage.functions,
            },
        }
