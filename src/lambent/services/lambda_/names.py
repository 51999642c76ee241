"""A function's name in all forms that AWS takes: bare, partial ARN, ARN, each with a qualifier or without."""

from dataclasses import dataclass
from typing import Any, Final

from lambent.model.arn import function_arn
from lambent.model.errors import FunctionNotFound, InvalidParameterValue
from lambent.model.function import LATEST, FunctionKey
from lambent.model.function_name import parse_function_name
from lambent.model.request import RequestContext

LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a request names: a function, and the qualifier that was asked for, empty for none."""

    key: FunctionKey
    qualifier: str = ""

    @property
    def arn(self) -> str:
        """The ARN as it was asked for."""
        return function_arn(
            region=self.key.region,
            account_id=self.key.account_id,
            name=self.key.name,
            qualifier=self.qualifier,
        )


def read(context: RequestContext, operation: str, members: dict[str, Any]) -> Named:
    """What `FunctionName` and `Qualifier` of an operation's input name.

    Raises ResourceNotFound for another region or partition, AccessDenied for another account, InvalidParameterValue when
    the two qualifiers differ.
    """
    given: str = members["FunctionName"]
    said = parse_function_name(given)
    if said is None:
        raise FunctionNotFound(given)
    said.demand_reachable(context.caller, operation=operation, given=given)
    derived, asked = said.qualifier, members.get("Qualifier") or ""
    if derived and asked and derived != asked:
        raise InvalidParameterValue(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    key = FunctionKey(account_id=context.account_id, region=context.region, name=said.name)
    return Named(key=key, qualifier=derived or asked)


def read_function(context: RequestContext, operation: str, members: dict[str, Any]) -> Named:
    """As `read`, for operations on a function as a whole. Raises InvalidParameterValue for a version or an alias."""
    named = read(context, operation, members)
    if named.qualifier not in {"", LATEST}:
        raise _not_a_version()
    return named


def read_unqualified(context: RequestContext, operation: str, members: dict[str, Any]) -> Named:
    """As `read_function`, for operations that do not take $LATEST either."""
    named = read(context, operation, members)
    if named.qualifier:
        raise _not_a_version()
    return named


def read_new(context: RequestContext, operation: str, members: dict[str, Any]) -> Named:
    """As `read_function`, for a name to be given. Raises InvalidParameterValue for one that is too long."""
    named = read_function(context, operation, members)
    if len(named.key.name) > LONGEST_NAME:
        raise InvalidParameterValue(
            f"1 validation error detected: Value '{named.key.name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {LONGEST_NAME}"
        )
    return named


def _not_a_version() -> InvalidParameterValue:
    return InvalidParameterValue(
        "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation."
        " Please specify either a function name or an unqualified function ARN."
    )
