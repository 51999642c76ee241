"""GetAccountSettings."""

from typing import Any, Final

from lambent.model.limits import MAX_UNZIPPED_BYTES, MAX_ZIP_BYTES
from lambent.model.request import RequestContext
from lambent.services.lambda_.capacity import Capacity
from lambent.services.lambda_.handlers import Handlers
from lambent.state.functions import Functions

_MOST_CODE_BYTES: Final = 80_530_636_800


class AccountOperations:
    """What an account may use in a region, and what it uses."""

    def __init__(self, *, functions: Functions, capacity: Capacity) -> None:
        self._functions, self._capacity = functions, capacity

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "GetAccountSettings": self.get_account_settings,
        }

    async def get_account_settings(
        self, context: RequestContext, _members: dict[str, Any]
    ) -> dict[str, Any]:
        """Limits and usage of the account and region addressed."""
        shares = await self._capacity.shares(account_id=context.account_id, region=context.region)
        usage = await self._functions.usage(account_id=context.account_id, region=context.region)
        return {
            "AccountLimit": {
                "TotalCodeSize": _MOST_CODE_BYTES,
                "CodeSizeUnzipped": MAX_UNZIPPED_BYTES,
                "CodeSizeZipped": MAX_ZIP_BYTES,
                "ConcurrentExecutions": shares.limit,
                "UnreservedConcurrentExecutions": max(0, shares.unreserved),
            },
            "AccountUsage": {
                "TotalCodeSize": usage.code_bytes,
                "FunctionCount": usage.functions,
            },
        }
