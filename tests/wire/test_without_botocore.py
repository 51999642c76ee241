"""What the edge imports of the wire does not bring botocore along."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "lambent.wire",
        "lambent.wire.constraints",
        "lambent.wire.invoke_rules",
        "lambent.wire.protocol",
        "lambent.wire.render_error",
        "lambent.gateway.authenticator",
        "lambent.gateway.routing",
    ],
)
def test_the_edges_part_of_the_wire_is_free_of_botocore(module: str) -> None:
    code = f"import sys, {module}; sys.exit('botocore' in sys.modules)"
    finished = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False
    )
    assert finished.returncode == 0
