"""What valid inputs about reserved and provisioned concurrency hold."""

from random import Random
from typing import Any

from lambent.model.function import FunctionVersion
from tests.fuzz.values import Made
from tests.fuzz.world import ALIAS, BASE, World


class ConcurrencyRecipes:
    """Makes them of the functions of the world; what was taken of the account's concurrency before is given back."""

    def __init__(self, *, random: Random, world: World) -> None:
        self._random, self._world = random, world

    async def made(self, operation: str, latest: FunctionVersion) -> dict[str, Made]:
        """By dotted path, for the function of `latest`."""
        name = latest.key.name
        if operation == "PutFunctionConcurrency":
            await self._give_back()
            return {"ReservedConcurrentExecutions": lambda: self._random.randint(0, 900)}
        if not operation.endswith("ProvisionedConcurrencyConfig"):
            return {}
        await self._give_back()
        _, second = await self._world.versions(name)
        alias = await self._world.alias(name)
        await self._world.call(
            "UpdateAlias",
            FunctionName=name,
            Name=ALIAS,
            FunctionVersion=alias.function_version,
            RoutingConfig={"AdditionalVersionWeights": {}},
        )
        qualifier = ALIAS
        if alias.function_version in {second, "$LATEST"}:
            qualifier = second
        elif operation.startswith("Put"):
            qualifier = self._random.choice((ALIAS, second))
        if operation.startswith("Get"):
            await self._world.call(
                "PutProvisionedConcurrencyConfig",
                FunctionName=name,
                Qualifier=qualifier,
                ProvisionedConcurrentExecutions=3,
            )
        return {
            "Qualifier": lambda: qualifier,
            "ProvisionedConcurrentExecutions": lambda: self._random.randint(1, 900),
        }

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """`members` as they are."""
        del operation
        return members

    async def _give_back(self) -> None:
        for name in BASE:
            await self._world.call("DeleteFunctionConcurrency", FunctionName=name)
            listed = await self._world.call("ListProvisionedConcurrencyConfigs", FunctionName=name)
            for config in listed["ProvisionedConcurrencyConfigs"]:
                await self._world.call(
                    "DeleteProvisionedConcurrencyConfig",
                    FunctionName=name,
                    Qualifier=config["FunctionArn"].rpartition(":")[2],
                )
