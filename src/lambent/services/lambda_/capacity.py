"""How an account's concurrency in a region is given out to its functions, and what must be left of it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from weakref import WeakValueDictionary

from lambent.model.errors import InvalidParameterValue, UntypedInvalidParameterValue
from lambent.model.function import FunctionKey
from lambent.state.stores import Stores

_LEAST_UNRESERVED: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What functions have of an account's concurrency."""

    limit: int
    """The account's."""
    reserved: Mapping[str, int]
    """Function -> ReservedConcurrentExecutions."""
    provisioned: Mapping[str, Mapping[str, int]]
    """Function -> qualifier -> ProvisionedConcurrentExecutions."""

    @property
    def unreserved(self) -> int:
        """What is left: neither reserved nor provisioned outside a reservation. Below 0 once the account's limit was lowered."""
        names = self.reserved.keys() | self.provisioned.keys()
        return self.limit - sum(map(self._taken, names))

    @property
    def least_unreserved(self) -> int:
        """What must be left: 100, or all of an account that has less."""
        return min(_LEAST_UNRESERVED, self.limit)

    def provisioned_of(self, function: str) -> int:
        """What all versions and aliases of a function have together."""
        return sum(self.provisioned.get(function, {}).values())

    def demand_reservable(self, function: str, executions: int) -> None:
        """Return if a function may reserve so much. Raises InvalidParameterValue."""
        more = executions - self._taken(function)
        if more > 0 and self.unreserved - more < self.least_unreserved:
            raise self._below_minimum("ReservedConcurrentExecutions")
        provisioned = self.provisioned_of(function)
        if executions < provisioned:  # the space in front and the two behind are AWS's: recorded
            raise UntypedInvalidParameterValue(
                f" ReservedConcurrentExecutions  {executions} should not be lower than "
                f"function's total provisioned concurrency [{provisioned}]."
            )

    def demand_provisionable(self, function: str, qualifier: str, executions: int) -> None:
        """Return if a function's version or alias may have so many environments ready. Raises InvalidParameterValue."""
        more = executions - self.provisioned.get(function, {}).get(qualifier, 0)
        reserved = self.reserved.get(function)
        if reserved is not None:
            if self.provisioned_of(function) + more > reserved:
                raise InvalidParameterValue(
                    "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function"
                )
        elif more > self.unreserved:
            free = max(0, self.unreserved + executions - more)
            raise UntypedInvalidParameterValue(
                f"Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [{free}]."
            )
        elif more > 0 and self.unreserved - more < self.least_unreserved:
            raise self._below_minimum("ConcurrentExecutions")

    def _below_minimum(self, what: str) -> InvalidParameterValue:
        return UntypedInvalidParameterValue(
            f"Specified {what} for function decreases account's UnreservedConcurrentExecution "
            f"below its minimum value of [{self.least_unreserved}]."
        )

    def _taken(self, function: str) -> int:
        reserved = self.reserved.get(function)
        return self.provisioned_of(function) if reserved is None else reserved


class Capacity:
    """The concurrency of all accounts."""

    def __init__(self, *, stores: Stores, limit: int) -> None:
        """`limit`: that of each account in a region."""
        self._reserved, self._provisioned = stores.reserved, stores.provisioned
        self.limit = limit
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    def alone(self, key: FunctionKey) -> asyncio.Lock:
        """Hold this from reading the account's shares to storing another one: no two requests may take the same rest."""
        lock = self._locks.get(key[:2])
        if lock is None:
            lock = self._locks[key[:2]] = asyncio.Lock()
        return lock

    async def shares(self, *, account_id: str, region: str) -> Shares:
        """What functions have now."""
        provisioned: dict[str, dict[str, int]] = {}
        for config in await self._provisioned.everything(account_id=account_id, region=region):
            of_function = provisioned.setdefault(config.key.function, {})
            of_function[config.key.id] = config.body.executions
        limits = await self._reserved.everything(account_id=account_id, region=region)
        return Shares(
            limit=self.limit,
            reserved={limit.key.function: limit.body.executions for limit in limits},
            provisioned=provisioned,
        )
