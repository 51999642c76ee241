"""Where the records of asynchronous invocations may go."""

from collections.abc import Mapping
from typing import Any, Final

from lambent.model.errors import InvalidParameterValue
from lambent.model.function import FunctionKey
from lambent.model.function_name import parse_function_name
from lambent.model.partitions import partition_of
from lambent.services.lambda_.names import Named
from lambent.services.lambda_.qualified import Qualifiers
from lambent.state.stores import Stores

_SERVICES: Final[Mapping[str, frozenset[str]]] = {
    "OnSuccess": frozenset({"sqs", "sns", "events", "lambda"}),
    "OnFailure": frozenset({"sqs", "sns", "events", "lambda", "s3"}),
}


class Destinations:
    """Judges a DestinationConfig."""

    def __init__(self, *, stores: Stores) -> None:
        self._qualifiers = Qualifiers(stores)

    async def demand_fit(self, config: Mapping[str, Any], *, of: Named) -> None:
        """Return when `of` may have these destinations. Raises InvalidParameterValue."""
        given = {
            side: (config.get(side) or {}).get("Destination") or ""
            for side in ("OnFailure", "OnSuccess")
        }
        misfits = [side for side, arn in given.items() if arn and not _fits(side, arn, of.key)]
        for side, arn in given.items():
            if arn and side not in misfits and arn.split(":")[2] == "lambda":
                await self._demand_function(arn, of=of)
        if misfits:
            success, failure = (
                f"{side}(destination={given[side]})" if given[side] else "null"
                for side in ("OnSuccess", "OnFailure")
            )
            raise InvalidParameterValue(
                "The provided destination config "
                f"DestinationConfig(onSuccess={success}, onFailure={failure}) is invalid."
            )

    async def _demand_function(self, arn: str, *, of: Named) -> None:
        """Return when `arn` is another function of the account and region, and is there."""
        said = parse_function_name(arn)
        home = (of.key.account_id, of.key.region)
        if said is None or (said.account_id, said.region) != home:
            raise _invalid(arn)
        key = FunctionKey(*home, said.name)
        if not await self._qualifiers.exists(Named(key=key, qualifier=said.qualifier)):
            raise _invalid(arn)
        if key == of.key:
            raise InvalidParameterValue(
                "You can't specify the function as a destination for itself."
            )


def _fits(side: str, arn: str, key: FunctionKey) -> bool:
    """Whether a service takes such records, by its ARN; queues and topics must not be FIFO."""
    parts = arn.split(":")
    if parts[0] != "arn" or parts[1] != partition_of(key.region).name:
        return False
    service = parts[2]
    fifo = service in {"sqs", "sns"} and arn.endswith(".fifo")
    return service in _SERVICES[side] and not fifo


def _invalid(arn: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"The destination ARN {arn} is invalid.")
