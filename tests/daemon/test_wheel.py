"""What `pip install .` brings along."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.daemon.stage import ROOT


def test_the_wheel_holds_every_file_of_the_package_and_the_console_script(tmp_path: Path) -> None:
    pytest.importorskip("hatchling", reason="comes with requirements/development.lock")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("lambent-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
        scripts = next(n for n in held if n.endswith("entry_points.txt"))
        assert "lambent = lambent.__main__:main" in archive.read(scripts).decode()
    source = {
        str(path.relative_to(ROOT / "src"))
        for path in (ROOT / "src/lambent").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert source <= held
    assert any(name.endswith("licenses/LICENSE") for name in held)
