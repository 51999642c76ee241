"""Modules that are compiled before somebody runs them who can't keep the result."""

import subprocess
import sys
from pathlib import Path

from tests.daemon.stage import ROOT

COMPILE = """
import sys
from pathlib import Path
from lambent.daemon.bytecode import compile_stale
compile_stale(Path(sys.argv[1]))
"""


def python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run one that keeps what it compiles, whatever this one was told."""
    return subprocess.run(
        [sys.executable, *arguments],
        env={"PYTHONPATH": f"{ROOT / 'src'}:{cwd}"},
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )


def compile_below(package: Path) -> dict[str, int]:
    """The compiled modules by name, each with its inode, after they were brought up to date."""
    python("-c", COMPILE, str(package), cwd=package.parent)
    return {path.name.partition(".")[0]: path.stat().st_ino for path in package.rglob("*.pyc")}


def test_what_is_missing_or_old_is_compiled_and_is_what_an_import_takes(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    for name, text in (("__init__", ""), ("one", "A = 1"), ("two", "A = 2"), ("broken", "(")):
        (package / f"{name}.py").write_text(text)
    first = compile_below(package)
    assert set(first) == {"__init__", "one", "two"}
    assert compile_below(package) == first
    (package / "one.py").write_text("A = 11")
    again = compile_below(package)
    assert {name for name, inode in again.items() if inode != first[name]} == {"one"}
    said = python("-v", "-c", "import package.one as m; print(m.A)", cwd=tmp_path)
    assert said.stdout == "11\n"
    taken = [line for line in said.stderr.splitlines() if "code object from" in line]
    assert len([line for line in taken if "/package/__pycache__/" in line]) == 2


def test_a_package_that_cannot_be_written_is_left_be(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "one.py").write_text("A = 1")
    (package / "__pycache__").write_text("in the way")
    assert compile_below(package) == {}
