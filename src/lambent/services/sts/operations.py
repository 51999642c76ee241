"""STS: GetCallerIdentity."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from lambent.model.request import RequestContext


async def get_caller_identity(context: RequestContext, _members: dict[str, Any]) -> dict[str, str]:
    """Who the caller is, as the authenticator decided."""
    caller = context.caller
    return {"UserId": caller.user_id, "Account": caller.account_id, "Arn": caller.arn}


OPERATIONS: Final[
    Mapping[str, Callable[[RequestContext, dict[str, Any]], Awaitable[Mapping[str, Any]]]]
] = {"GetCallerIdentity": get_caller_identity}
"""The handlers of the service `sts`, by the model's operation name."""
