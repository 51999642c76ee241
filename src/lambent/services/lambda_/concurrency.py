"""PutFunctionConcurrency, GetFunctionConcurrency, DeleteFunctionConcurrency: what is reserved for a function."""

from typing import Any

from lambent.model.concurrency import ReservedConcurrency
from lambent.model.errors import FunctionNotFound
from lambent.model.function import FunctionKey
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.capacity import Capacity
from lambent.services.lambda_.changes import Publisher
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.qualified import Qualifiers
from lambent.state.records import OwnerMissing, RecordKey
from lambent.state.stores import Stores


class ConcurrencyOperations:
    """Reserved concurrency. A change is on disk and known to the edge when its call returns."""

    def __init__(self, *, stores: Stores, capacity: Capacity, publisher: Publisher) -> None:
        self._functions, self._reserved = stores.functions, stores.reserved
        self._qualifiers, self._capacity, self._publisher = Qualifiers(stores), capacity, publisher

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "PutFunctionConcurrency": self.put_function_concurrency,
            "GetFunctionConcurrency": self.get_function_concurrency,
            "DeleteFunctionConcurrency": self.delete_function_concurrency,
        }

    async def put_function_concurrency(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Keep so much for the function, and let it have no more."""
        key = names.read_unqualified(context, "PutFunctionConcurrency", members).key
        executions: int = members["ReservedConcurrentExecutions"]
        await self._demand(key)
        with self._publisher.changing(key):
            await self._reserve(key, executions)
            await self._publisher.publish_traffic(key)
        return {"ReservedConcurrentExecutions": executions}

    async def get_function_concurrency(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """What is reserved; an empty answer for nothing."""
        named = names.read_unqualified(context, "GetFunctionConcurrency", members)
        await self._qualifiers.demand_function(named)
        reserved = await self._reserved.get(RecordKey.of_function(named.key))
        await self._publisher.settled(named.key)
        return {} if reserved is None else shown(reserved.body)

    async def delete_function_concurrency(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Reserve nothing; that nothing was reserved is no error."""
        key = names.read_unqualified(context, "DeleteFunctionConcurrency", members).key
        await self._demand(key)
        with self._publisher.changing(key):
            await self._reserved.delete(RecordKey.of_function(key))
            await self._publisher.publish_traffic(key)
        return {}

    async def _reserve(self, key: FunctionKey, executions: int) -> None:
        async with self._capacity.alone(key):
            shares = await self._capacity.shares(account_id=key.account_id, region=key.region)
            shares.demand_reservable(key.name, executions)
            try:
                await self._reserved.put(
                    RecordKey.of_function(key), ReservedConcurrency(executions=executions)
                )
            except OwnerMissing as missing:  # deleted meanwhile
                raise FunctionNotFound(key.arn) from missing

    async def _demand(self, key: FunctionKey) -> None:
        """Raise FunctionNotFound, with $LATEST's ARN as AWS does in these two, unless the function is there."""
        if await self._functions.get(key) is None:
            raise FunctionNotFound(key.arn)


def shown(reserved: ReservedConcurrency) -> dict[str, Any]:
    """As GetFunctionConcurrency and GetFunction's `Concurrency` have it."""
    return {"ReservedConcurrentExecutions": reserved.executions}
