"""Makes execution environments: not bound to a function yet."""

from collections.abc import Iterable

from lambent.execution.environment import Environment
from lambent.execution.owner import Owner
from lambent.execution.port import InstalledRuntime
from lambent.execution.surroundings import Surroundings
from lambent.sandbox.port import SandboxPlan


class Maker:
    """Plans the sandboxes of environments."""

    def __init__(self, *, around: Surroundings) -> None:
        self._around = around

    def make(
        self,
        runtime: InstalledRuntime,
        *,
        memory_mb: int,
        ephemeral_storage_mb: int,
        owner: Owner,
    ) -> Environment:
        """An environment of `runtime` that is not booted yet."""
        plan = SandboxPlan(
            root=runtime.root,
            argv=runtime.argv,
            late=runtime.late,
            environ=runtime.environ,
            memory_mb=memory_mb,
            ephemeral_storage_mb=ephemeral_storage_mb,
        )
        return Environment(around=self._around, runtime=runtime, plan=plan, owner=owner)

    def freeze(self, environments: Iterable[Environment]) -> None:
        """Freeze those of them that are ready, all in one order."""
        frozen = [environment.freeze() for environment in environments]
        sandboxes = [sandbox for sandbox in frozen if sandbox is not None]
        if sandboxes:
            self._around.sandboxes.freeze(sandboxes)
