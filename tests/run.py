"""`./lambent test`: all tests of the default tier; up to three that failed are tried once more, each alone.

The suite kills processes at random instants on whatever machine it is on. A test that passes only alone is named at the end:
it is a defect to be mended, but not of the change that is being tested. With arguments this is pytest, which tries once.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

MOST_TRIED_AGAIN: Final = 3


def main() -> int:
    """Run what the command line asks for; pytest's exit status."""
    if sys.argv[1:]:
        return _pytest(["-n", "2", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="lambent-tests-") as cache:
        status = _pytest(["-n", "2", "-o", f"cache_dir={cache}"])
        failed = failures(Path(cache))
        if status != pytest.ExitCode.TESTS_FAILED or not 0 < len(failed) <= MOST_TRIED_AGAIN:
            return status
        again = [_pytest(["-o", f"cache_dir={cache}", test]) for test in failed]
    if any(again):
        return pytest.ExitCode.TESTS_FAILED
    print(f"Unstable, passed when tried alone: {', '.join(failed)}")  # noqa: T201 - a command's output
    return pytest.ExitCode.OK


def failures(cache: Path) -> Sequence[str]:
    """What pytest says failed in the run that had this cache."""
    try:
        listed = json.loads((cache / "v" / "cache" / "lastfailed").read_bytes())
    except FileNotFoundError:
        return []
    return sorted(listed)


def _pytest(arguments: Sequence[str]) -> int:
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
