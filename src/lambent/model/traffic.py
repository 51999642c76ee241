"""What the edge knows of a function as a whole: where its aliases lead, and how much of it may run."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from lambent.model.function import FunctionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Where an alias leads."""

    version: str
    weights: Mapping[str, float] = field(default_factory=dict)
    """Version -> its share from 0 to 1; what is left of 1 goes to `version`."""

    def choose(self, chance: float) -> str:
        """The version for an invocation that drew `chance`, from 0 up to 1."""
        for version, weight in self.weights.items():
            if chance < weight:
                return version
            chance -= weight
        return self.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Of one function."""

    key: FunctionKey
    """Of its $LATEST."""
    aliases: Mapping[str, Route] = field(default_factory=dict)
    reserved: int | None = None
    """ReservedConcurrentExecutions; None when nothing is reserved."""
    provisioned: Mapping[str, int] = field(default_factory=dict)
    """Version number or alias -> ProvisionedConcurrentExecutions."""
