"""AWS's rules about a function's settings that its model does not say, and AWS's sentences for them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from lambent.model.errors import InvalidParameterValue
from lambent.model.limits import MAX_ENVIRONMENT_BYTES

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
}


class RuntimeNames(Protocol):
    """What is known of runtimes by name, wherever they are installed."""

    def supported(self) -> Sequence[str]:
        """Every identifier that a function may have, in the order in which the refusal of another lists them."""
        ...

    def known(self) -> Sequence[str]:
        """Every identifier that AWS has ever had, retired ones too."""
        ...

    def is_retired(self, identifier: str) -> bool:
        """Whether AWS lets nobody create or update functions of this runtime any more."""
        ...

    def is_reserved(self, variable: str) -> bool:
        """Whether the environment variable is the platform's own."""
        ...


class Rules:
    """Turns the settings in an operation's input into the fields of a FunctionVersion."""

    def __init__(self, *, runtimes: RuntimeNames) -> None:
        self._runtimes = runtimes

    def fields(self, members: Mapping[str, Any]) -> dict[str, Any]:
        """The fields that `members` gives values for. Raises InvalidParameterValue."""
        given = {
            field: members[member]
            for member, field in _FIELDS.items()
            if members.get(member) is not None
        }
        if "runtime" in given:
            self._demand_runtime(given["runtime"])
        _demand_quotas(members)
        given |= self._environment(members) | _storage(members) | _log_group(members)
        if members.get("Architectures"):
            given["architecture"] = members["Architectures"][0]
        return given

    def _demand_runtime(self, runtime: str) -> None:
        if self._runtimes.is_retired(runtime):
            raise InvalidParameterValue(
                f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions."
                " We recommend you use a supported runtime while creating or updating functions."
            )
        supported = self._runtimes.supported()
        if runtime not in supported:
            raise InvalidParameterValue(
                f"Value {runtime} at 'runtime' failed to satisfy constraint: "
                f"Member must satisfy enum value set: [{', '.join(supported)}] or be a valid ARN"
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


def _log_group(members: Mapping[str, Any]) -> dict[str, Any]:
    group = (members.get("LoggingConfig") or {}).get("LogGroup")
    return {} if group is None else {"log_group": group}


def _over(member: str, most: int) -> InvalidParameterValue:
    return InvalidParameterValue(
        f"'{member}' value failed to satisfy constraint: Member must have value less than or equal to {most}"
    )
