"""Makes a waiting sandbox a function's own: its code and layers, its memory, its storage."""

from pathlib import Path

from lambent.catalog.opt_tree import opt_tree_name
from lambent.model.function import FunctionVersion
from lambent.sandbox.port import Sandbox, SandboxPlan


async def fit(
    sandbox: Sandbox, function: FunctionVersion, *, plan: SandboxPlan, trees_dir: Path
) -> None:
    """Give `sandbox`, made by `plan`, what `function` is to find in it. Raises SandboxFailure."""
    layers = function.layers
    await sandbox.bind(
        trees_dir / function.package_sha256,
        opt_tree=trees_dir / opt_tree_name(layers) if layers else None,
        memory_mb=function.memory_mb,
    )
    if plan.ephemeral_storage_mb != function.ephemeral_storage_mb:
        await sandbox.store(ephemeral_storage_mb=function.ephemeral_storage_mb)
