"""docs/cli.md says what the commands take."""

import subprocess
import sys

from tests.daemon.stage import ROOT
from tests.renew import CLI_FILE

PRINT = "import sys; from lambent.daemon.cli_document import cli_document; sys.stdout.write(cli_document())"


def test_the_page_of_commands_is_what_the_code_says() -> None:
    # In a process of its own: the commands of the daemon are added to a command line that other tests look at.
    made = subprocess.run(
        [sys.executable, "-P", "-c", PRINT],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == CLI_FILE.read_text(), "run ./lambent renew"
    for command in ("up", "down", "status", "env", "reset", "functions create"):
        assert f"\n## lambent {command}\n" in made.stdout
