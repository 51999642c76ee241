"""Which runtimes AWS makes snapshots of (AWS documentation: SnapStart)."""

import pytest

from lambent.runtimes.identifiers import IDENTIFIERS
from lambent.services.lambda_.rules_settings import takes_snap_start

TAKEN = {
    *("java11", "java11.al2023", "java17", "java17.al2023", "java21", "java25"),
    *("python3.12", "python3.13", "python3.14", "python3.15"),
    *("dotnet8", "dotnet10"),
}


@pytest.mark.parametrize("runtime", [runtime.name for runtime in IDENTIFIERS])
def test_snapshots_are_made_of_java_11_python_3_12_dotnet_8_and_what_came_after(
    runtime: str,
) -> None:
    assert takes_snap_start(runtime) == (runtime in TAKEN)
