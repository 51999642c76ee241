"""GetRuntimeManagementConfig and PutRuntimeManagementConfig: when a version's runtime may change."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from lambent.model.arn import runtime_version_arn
from lambent.model.errors import FunctionNotFound, InvalidParameterValue
from lambent.model.function import LATEST, FunctionVersion
from lambent.model.request import RequestContext
from lambent.services.lambda_ import names
from lambent.services.lambda_.handlers import Handlers
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.qualified import Qualifiers
from lambent.services.lambda_.shape import RuntimeVersions
from lambent.state.records import OwnerMissing, RecordKey
from lambent.state.stores import Stores

KIND: Final = "runtime-management-config"
_MANUAL: Final = "Manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeManagementConfig:
    """As it is kept of a version."""

    update_on: str = "Auto"
    """`Auto`, `FunctionUpdate` or `Manual`."""
    runtime_version_arn: str = ""
    """With `Manual` the runtime version to stay with."""


class RuntimeManagementOperations:
    """A host has one version of each runtime, its own: a version can be held to that one alone."""

    def __init__(self, *, stores: Stores, runtimes: RuntimeVersions) -> None:
        self._records = stores.records.of(KIND, RuntimeManagementConfig)
        self._qualifiers, self._runtimes = Qualifiers(stores), runtimes

    def handlers(self) -> Handlers:
        """Operation name -> handler."""
        return {
            "GetRuntimeManagementConfig": self.get_runtime_management_config,
            "PutRuntimeManagementConfig": self.put_runtime_management_config,
        }

    async def get_runtime_management_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Show it, Auto unless something else was put."""
        named, _ = await self._find(context, "GetRuntimeManagementConfig", members)
        record = await self._records.get(_key(named))
        return _shown(named, record.body if record else RuntimeManagementConfig())

    async def put_runtime_management_config(
        self, context: RequestContext, members: dict[str, Any]
    ) -> dict[str, Any]:
        """Store it. Raises InvalidParameterValue for a runtime version that this host does not have."""
        named, version = await self._find(context, "PutRuntimeManagementConfig", members)
        config = RuntimeManagementConfig(
            update_on=members["UpdateRuntimeOn"],
            runtime_version_arn=await self._runtime_version(version, members),
        )
        try:
            await self._records.put(_key(named), config)
        except OwnerMissing as error:
            raise FunctionNotFound(named.arn) from error
        return _shown(named, config)

    async def _find(
        self, context: RequestContext, operation: str, members: dict[str, Any]
    ) -> tuple[Named, FunctionVersion]:
        """The version that is meant. Raises FunctionNotFound, InvalidParameterValue for an alias."""
        named = names.read(context, operation, members)
        qualifier = named.qualifier or LATEST
        if not qualifier.isdecimal() and not qualifier.startswith("$"):
            raise InvalidParameterValue(  # seen by users
                f"The provided function name {named.arn} is invalid. Aliases are not allowed."
            )
        return named, (await self._qualifiers.find(named)).configured

    async def _runtime_version(self, version: FunctionVersion, members: Mapping[str, Any]) -> str:
        """The ARN of the runtime version to stay with, empty for none. Raises InvalidParameterValue."""
        given = members.get("RuntimeVersionArn") or ""
        if members["UpdateRuntimeOn"] != _MANUAL:
            if given:
                raise InvalidParameterValue(
                    f"RuntimeVersionArn is only supported when UpdateRuntimeOn is {_MANUAL}."
                )
            return ""
        if not given:
            raise InvalidParameterValue(
                f"RuntimeVersionArn is required when UpdateRuntimeOn is {_MANUAL}."
            )
        digest = await self._runtimes.version_digest(version.runtime)
        own = runtime_version_arn(region=version.key.region, digest=digest) if digest else "none"
        if given != own:
            raise InvalidParameterValue(
                f"The runtime version {given} is not on this host, which of {version.runtime} has: {own}."
            )
        return own


def _key(named: Named) -> RecordKey:
    return RecordKey.of_function(named.key, qualifier=named.qualifier or LATEST)


def _shown(named: Named, config: RuntimeManagementConfig) -> dict[str, Any]:
    shown = {"UpdateRuntimeOn": config.update_on, "FunctionArn": named.arn}
    if config.runtime_version_arn:
        shown["RuntimeVersionArn"] = config.runtime_version_arn
    return shown
