"""GetFunctionRecursionConfig and PutFunctionRecursionConfig."""

from dataclasses import dataclass
from typing import Any, Final

from lambent.model.errors import FunctionNotFound
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.qualified import Qualifiers
from lambent.state.records import OwnerMissing, RecordKey
from lambent.state.stores import Stores

KIND: Final = "recursion-config"
_ORDINARY: Final = "Terminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecursionConfig:
    """As it is kept of a function as a whole."""

    recursive_loop: str
    """`Allow` or `Terminate`."""


class RecursionOperations:
    """What is to become of a function that calls itself by way of others."""

    def __init__(self, *, stores: Stores) -> None:
        self._records = stores.records.of(KIND, RecursionConfig)
        self._qualifiers = Qualifiers(stores)

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "GetFunctionRecursionConfig": self.get_function_recursion_config,
            "PutFunctionRecursionConfig": self.put_function_recursion_config,
        }

    async def get_function_recursion_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show it, Terminate unless something else was put."""
        named = names.read(context, "GetFunctionRecursionConfig", members)
        await self._qualifiers.demand_function(named)
        record = await self._records.get(RecordKey.of_function(named.key))
        return {"RecursiveLoop": record.body.recursive_loop if record else _ORDINARY}

    async def put_function_recursion_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Store it."""
        named = names.read(context, "PutFunctionRecursionConfig", members)
        config = RecursionConfig(recursive_loop=members["RecursiveLoop"])
        try:
            await self._records.put(RecordKey.of_function(named.key), config)
        except OwnerMissing as error:
            raise FunctionNotFound(named.key.unqualified_arn) from error
        return {"RecursiveLoop": config.recursive_loop}
