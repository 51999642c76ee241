"""The Pythons that these tests can run the bootstrap on."""

import re
from pathlib import Path

import pytest

VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14")
PYENV = Path.home() / ".pyenv" / "versions"


def interpreter(version: str) -> Path:
    """The newest pyenv interpreter of `version`; skips the test when there is none."""
    found = [d for d in PYENV.glob(f"{version}.*") if re.fullmatch(r"3\.\d+\.\d+", d.name)]
    if not found:
        pytest.skip(f"no Python {version} below {PYENV}")
    newest = max(found, key=lambda d: int(d.name.rpartition(".")[2]))
    return newest / "bin" / f"python{version}"
