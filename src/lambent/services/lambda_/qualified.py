"""What a qualifier stands for: $LATEST, a published version, or an alias of one."""

from lambent.model.alias import Alias, AliasKey
from lambent.model.errors import FunctionNotFound, ResourceNotFound
from lambent.model.function import LATEST, FunctionKey
from lambent.services.lambda_.names import Named
from lambent.state.functions import StoredFunction
from lambent.state.stores import Stores


class Qualifiers:
    """Looks up what requests name."""

    def __init__(self, stores: Stores) -> None:
        self._functions, self._aliases = stores.functions, stores.aliases

    async def find(self, named: Named) -> StoredFunction:
        """The version that is meant, an alias's the one that it leads to.

        Raises FunctionNotFound with the ARN as it was asked for.
        """
        stored = await self._functions.get(await self.version_key(named))
        if stored is None:
            raise FunctionNotFound(named.arn)
        return stored

    async def version_key(self, named: Named) -> FunctionKey:
        """The key of the version that is meant, whether it is there or not; that of an unknown alias names no version."""
        qualifier = named.qualifier or LATEST
        if qualifier == LATEST or qualifier.isdecimal():
            return named.key._replace(version=qualifier)
        alias = await self._aliases.get(alias_key(named.key, qualifier))
        return named.key._replace(version=alias.function_version if alias else qualifier)

    async def exists(self, named: Named) -> bool:
        """Whether the version or the alias is there that is meant."""
        return await self._functions.get(await self.version_key(named)) is not None

    async def alias(self, named: Named, name: str) -> Alias:
        """The alias `name`. Raises ResourceNotFound."""
        key = alias_key(named.key, name)
        alias = await self._aliases.get(key)
        if alias is None:
            raise ResourceNotFound(f"Cannot find alias arn: {key.arn}")
        return alias

    async def demand_function(self, named: Named) -> None:
        """Return if the function is there, whatever its qualifier. Raises FunctionNotFound with the unqualified ARN."""
        if await self._functions.get(named.key) is None:
            raise FunctionNotFound(named.key.unqualified_arn)


def alias_key(function: FunctionKey, name: str) -> AliasKey:
    """The key of an alias of `function`."""
    return AliasKey(function.account_id, function.region, function.name, name)
