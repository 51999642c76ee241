"""What a command loads before it begins, which is most of what it costs."""

import subprocess
import sys

from tests.daemon.stage import ROOT

LIST = """
import sys
from lambent.__main__ import main
sys.argv = ["lambent", "functions", "list", "--endpoint", "http://127.0.0.1:9"]
try:
    main()
except SystemExit:
    print(*sys.modules)
"""
NOT_NEEDED = {
    "asyncio",
    "botocore",
    "msgspec",
    "rich.table",
    "tomllib",
    "uvloop",
    "lambent.cli.package",
}


def test_a_command_loads_nothing_of_the_daemon_s_nor_of_other_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", LIST],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "No daemon answers" in done.stderr
    loaded = set(done.stdout.split())
    assert "http.client" in loaded
    assert loaded & NOT_NEEDED == set()
