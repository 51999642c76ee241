"""AWS's rules about a function's settings that its model does not say, and AWS's sentences for them."""

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from lambent.model.errors import InvalidParameterValue
from lambent.model.function import FunctionVersion
from lambent.model.limits import MAX_ENVIRONMENT_BYTES
from lambent.services.lambda_.effects import without_effect
from lambent.services.lambda_.rules_settings import demand_agreement, settings

logger = logging.getLogger(__name__)

_QUOTAS: Final = {"MemorySize": 10_240, "Timeout": 900}
_MOST_EPHEMERAL_STORAGE_MB: Final = 10_240
_CANNOT_CONFIGURE: Final = "Lambda was unable to configure your environment variables because the environment variables you have provided"
_FIELDS: Final = {
    "Runtime": "runtime",
    "Handler": "handler",
    "Role": "role",
    "Description": "description",
    "Timeout": "timeout_seconds",
    "MemorySize": "memory_mb",
    "KMSKeyArn": "kms_key_arn",
}


class RuntimeNames(Protocol):
    """What is known of runtimes by name, wherever they are installed."""

    def supported(self) -> Sequence[str]:
        """Every identifier that AWS offers, in the order in which the refusal of another lists them."""
        ...

    def is_known(self, identifier: str) -> bool:
        """Whether AWS has or had such a runtime."""
        ...

    def is_retired(self, identifier: str, *, for_new: bool) -> bool:
        """Whether functions of this runtime may not be created (`for_new`) or updated any more."""
        ...

    def successor(self, identifier: str) -> str:
        """Which runtime a function of a retired one should have."""
        ...

    def deprecation(self, identifier: str) -> str:
        """What who deploys a function of this runtime should know, a sentence; empty for a runtime that AWS supports."""
        ...

    def is_reserved(self, variable: str) -> bool:
        """Whether the environment variable is the platform's own."""
        ...


class Rules:
    """Turns the settings in an operation's input into the fields of a FunctionVersion."""

    def __init__(self, *, runtimes: RuntimeNames) -> None:
        self._runtimes = runtimes

    def fields(
        self, members: Mapping[str, Any], *, before: FunctionVersion | None = None
    ) -> dict[str, Any]:
        """The fields that `members` gives values for, of a new function or of `before`. Raises InvalidParameterValue."""
        given = {
            field: members[member]
            for member, field in _FIELDS.items()
            if members.get(member) is not None
        }
        runtime = given.get("runtime") or (before and before.runtime)
        if runtime:
            self._demand_runtime(runtime, for_new=before is None)
        _demand_quotas(members)
        given |= self._environment(members) | _storage(members) | settings(members, before)
        if members.get("Architectures"):
            given["architecture"] = members["Architectures"][0]
        demand_agreement(given, before)
        return given

    def note(self, version: FunctionVersion, members: Mapping[str, Any]) -> None:
        """Warn in the daemon's log of what of `version`, which was just deployed by `members`, is not as on AWS."""
        notes = [f"{path} has no effect here. {why}" for path, why in without_effect(members)]
        for note in [*notes, self._runtimes.deprecation(version.runtime)]:
            if note:
                logger.warning("%s: %s", version.key.arn, note)

    def _demand_runtime(self, runtime: str, *, for_new: bool) -> None:
        if self._runtimes.is_retired(runtime, for_new=for_new):
            raise InvalidParameterValue(
                f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions."
                f" We recommend you use the new runtime ({self._runtimes.successor(runtime)}) while creating or updating functions."
            )
        if not self._runtimes.is_known(runtime):
            raise InvalidParameterValue(
                f"Value {runtime} at 'runtime' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(self._runtimes.supported())}] or be a valid ARN"
            )

    def _environment(self, members: Mapping[str, Any]) -> dict[str, Any]:
        environment = members.get("Environment")
        if environment is None:
            return {}
        variables: dict[str, str] = dict(environment.get("Variables") or {})
        reserved = [name for name in variables if self._runtimes.is_reserved(name)]
        if reserved:
            raise InvalidParameterValue(
                f"{_CANNOT_CONFIGURE} contains reserved keys that are currently not supported for modification. "
                f"Reserved keys used in this request: {', '.join(reserved)}"
            )
        measured = json.dumps(variables, ensure_ascii=False, separators=(",", ":"))
        if len(measured.encode()) > MAX_ENVIRONMENT_BYTES:
            raise InvalidParameterValue(
                f"{_CANNOT_CONFIGURE} exceeded the 4KB limit. String measured: {measured}"
            )
        unfit = [name for name, value in variables.items() if "\0" in value]
        if unfit:  # no process can have such a variable
            raise InvalidParameterValue(
                f"{_CANNOT_CONFIGURE} contains a NUL character: {', '.join(unfit)}"
            )
        return {"environment": variables}


def _demand_quotas(members: Mapping[str, Any]) -> None:
    for member, most in _QUOTAS.items():
        if (members.get(member) or 0) > most:
            raise _over(member, most)


def _storage(members: Mapping[str, Any]) -> dict[str, Any]:
    storage = members.get("EphemeralStorage")
    if storage is None:
        return {}
    if storage["Size"] > _MOST_EPHEMERAL_STORAGE_MB:
        raise _over("EphemeralStorage.Size", _MOST_EPHEMERAL_STORAGE_MB)
    return {"ephemeral_storage_mb": storage["Size"]}


def _over(member: str, most: int) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"'{member}' value failed to satisfy constraint: Member must have value less than or equal to {most}"
    )
