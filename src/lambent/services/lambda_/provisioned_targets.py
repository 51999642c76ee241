"""What provisioned concurrency may be given to: published versions and aliases of them, each version once."""

from typing import Final

from lambent.model.errors import (
    FunctionNotFound,
    InvalidParameterValue,
    ResourceConflict,
)
from lambent.model.function import LATEST, FunctionKey
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.qualified import Qualifiers, alias_key
from lambent.state.stores import Stores

_UNPUBLISHED: Final = (
    "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
)
_NEITHER: Final = "The function resource provided must be an alias or a published version."
_WEIGHTED: Final = "Alias with weights can not be used with Provisioned Concurrency"
_VERSION_HAS_ONE: Final = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
_ALIAS_HAS_ONE: Final = "Version is pointed by a Provisioned Concurrency alias"


class ProvisionedTargets:
    """Looks at what requests want environments for."""

    def __init__(self, stores: Stores) -> None:
        self._functions, self._aliases = stores.functions, stores.aliases
        self._provisioned, self._qualifiers = stores.provisioned, Qualifiers(stores)

    async def demand(self, named: Named) -> None:
        """Return if a version or an alias is named that is there. Raises InvalidParameterValue, ResourceNotFound."""
        if named.qualifier.startswith("$"):
            raise InvalidParameterValue(_NEITHER)
        if not named.qualifier.isdecimal():
            await self._qualifiers.alias(named, named.qualifier)
        elif await self._functions.get(named.key._replace(version=named.qualifier)) is None:
            raise FunctionNotFound(named.arn)

    async def demand_free(self, named: Named) -> None:
        """As `demand`, for who wants to configure it: its version must have no configuration under another name.

        Raises ResourceConflict, too.
        """
        if named.qualifier.startswith("$"):
            raise InvalidParameterValue(_UNPUBLISHED)
        await self.demand(named)
        version = named.qualifier
        alias = await self._aliases.get(alias_key(named.key, named.qualifier))
        if alias is not None:
            if alias.weights:
                raise InvalidParameterValue(_WEIGHTED)
            version = alias.function_version
        await self.demand_movable(named.key, named.qualifier, version)

    async def demand_movable(self, key: FunctionKey, qualifier: str, version: str) -> None:
        """Return if environments that are configured for `qualifier` may be those of `version`.

        Raises InvalidParameterValue, ResourceConflict.
        """
        if version == LATEST:
            raise InvalidParameterValue(_UNPUBLISHED)
        others = {config.key.id for config in await self._provisioned.all_of(key)} - {qualifier}
        if version in others:
            raise ResourceConflict(_VERSION_HAS_ONE)
        for alias in await self._aliases.all_of(key):
            if alias.key.name in others and alias.function_version == version:
                raise ResourceConflict(_ALIAS_HAS_ONE)
