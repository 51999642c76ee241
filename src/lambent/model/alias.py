"""An alias: a name of its own for one version of a function, or for two in a proportion."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from lambent.model.arn import function_arn
from lambent.model.function import FunctionKey


class AliasKey(NamedTuple):
    """What names an alias."""

    account_id: str
    region: str
    function: str
    name: str

    @property
    def arn(self) -> str:
        """The alias's ARN."""
        return function_arn(
            region=self.region,
            account_id=self.account_id,
            name=self.function,
            qualifier=self.name,
        )

    @property
    def function_key(self) -> FunctionKey:
        """The $LATEST of the function that it belongs to."""
        return FunctionKey(self.account_id, self.region, self.function)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """An alias as it is stored; a change makes a new value with a new `revision_id`."""

    key: AliasKey
    revision_id: str
    function_version: str
    """`$LATEST` or a number."""
    description: str = ""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Version -> its share from 0 to 1; what is left of 1 goes to `function_version`."""

    @property
    def versions(self) -> frozenset[str]:
        """Every version that it leads to."""
        return frozenset({self.function_version, *self.weights})
