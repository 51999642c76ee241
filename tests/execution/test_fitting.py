"""What a waiting sandbox is given of a function."""

from dataclasses import replace
from pathlib import Path

import pytest

from lambent.catalog.opt_tree import opt_tree_name
from lambent.execution.fitting import fit
from lambent.model.function import LayerReference
from lambent.sandbox.port import RootPlan, SandboxPlan
from tests.fakes.environments import FakeSandboxes, active_function

PLAN = SandboxPlan(
    root=RootPlan(interpreter_dir=None, runtime_dir=Path("/runtime")),
    argv=["/var/lang/bin/python3"],
    environ={},
    memory_mb=128,
    ephemeral_storage_mb=512,
)
TREES = Path("/trees")


def reference(sha256: str) -> LayerReference:
    arn = f"arn:aws:lambda:us-east-1:123456789012:layer:l{sha256[:2]}:1"
    return LayerReference(arn=arn, package_sha256=sha256, code_size=1, unzipped_bytes=1)


LAYERS = (reference("0a" * 32), reference("0b" * 32))


@pytest.mark.parametrize(("layers", "shown"), [((), None), (LAYERS, TREES / opt_tree_name(LAYERS))])
async def test_a_function_finds_the_tree_of_its_layers_if_it_has_any(
    layers: tuple[LayerReference, ...], shown: Path | None
) -> None:
    sandboxes = FakeSandboxes()
    sandbox = await sandboxes.make(PLAN)
    function = replace(active_function(), layers=layers)
    await fit(sandbox, function, plan=PLAN, trees_dir=TREES)
    (made,) = sandboxes.made
    assert made.bound == TREES / function.package_sha256
    assert made.bound_opt == shown
    await sandbox.kill()
