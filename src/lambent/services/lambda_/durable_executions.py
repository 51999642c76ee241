"""Reads of durable executions: no function can be durable, so that there are none."""

from typing import Any, NoReturn

from lambent.model.errors import ResourceNotFound
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.qualified import Qualifiers
from lambent.state.marker import name_of
from lambent.state.stores import Stores


class DurableExecutionOperations:
    """What can be told truly: a function's executions are none, and one by name is not found."""

    def __init__(self, *, stores: Stores) -> None:
        self._qualifiers = Qualifiers(stores)

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "ListDurableExecutionsByFunction": self.list_durable_executions_by_function,
            "GetDurableExecution": self.missing,
            "GetDurableExecutionHistory": self.missing,
        }

    async def list_durable_executions_by_function(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """None, if the function is there. Raises FunctionNotFound."""
        named = names.read(context, "ListDurableExecutionsByFunction", members)
        await self._qualifiers.find(named)
        name_of(members.get("Marker") or "")
        return {"DurableExecutions": []}

    async def missing(self, _context: RequestContext, members: dict[str, Any]) -> NoReturn:
        """Raise ResourceNotFound."""
        raise ResourceNotFound(f"Durable execution not found: {members['DurableExecutionArn']}")
