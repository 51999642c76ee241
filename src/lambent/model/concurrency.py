"""How much of a function may run at once, as it is configured."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedConcurrency:
    """Kept for a function, and its most."""

    executions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvisionedConcurrency:
    """Environments that a version or an alias is to have ready."""

    executions: int
    last_modified_ms: int
