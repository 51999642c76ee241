"""How much of a function may run at once, as it is configured, and how far the edge is with it."""

from dataclasses import dataclass

from lambent.model.function import FunctionKey


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedConcurrency:
    """Kept for a function, and its most."""

    executions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedConcurrency:
    """Environments that a version or an alias is to have ready."""

    executions: int
    last_modified_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedStanding:
    """How many of them there are, as the edge counts them."""

    key: FunctionKey
    """Of the function's $LATEST."""
    qualifier: str
    requested: int
    """What the edge was told; 0 once it was told that there are to be none."""
    allocated: int
    """Those that are being started, too."""
    available: int
    """Initialised, idle or busy."""
    failure: str = ""
    """Why they are not all available, when it is more than that they take their time."""
