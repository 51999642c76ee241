"""AWS's emulator is left out with a reason where it can't be had."""

import subprocess
import sys
from pathlib import Path

_TRY = """
from benchmarks.emulator import Emulator, Missing
try:
    Emulator()
except Missing as missing:
    print(missing)
"""


def test_without_a_registry_the_row_is_missing_and_the_reason_is_one_line(tmp_path: Path) -> None:
    nowhere = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "0"}
    told = subprocess.run(
        [sys.executable, "-c", _TRY],
        env={**nowhere, "XDG_CACHE_HOME": str(tmp_path), "HOME": str(tmp_path)},
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert told.startswith("it could not be fetched from PyPI: ")
    assert told.count("\n") == 1
    assert list((tmp_path / "lambent-bench").iterdir()) == []  # what was begun is gone
