"""What is seen by a program without powers, in processes of their own: a mount namespace can't be left again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STRANGER = 54_321
LOOK = """
import sys
from pathlib import Path
from lambent.daemon.own_view import show
from lambent.daemon.privileges import lay_down
home, below = Path(sys.argv[1]), Path(sys.argv[2])
if sys.argv[3:]:
    show([home / "code", home / "code" / "within", home / "absent", Path("/usr")], below=below)
lay_down()
try:
    print((home / "code" / "within" / "file").read_text(), sorted(p.name for p in home.iterdir()))
except PermissionError:
    print("closed")
"""

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount"),
]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    (made / "code" / "within").mkdir(parents=True)
    (made / "code" / "within" / "file").write_text("seen")
    (made / "secret").write_text("of its owner's")
    for path in (made, *made.rglob("*")):
        os.chown(path, STRANGER, STRANGER)
    return made


def looked(home: Path, below: Path, *more: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", LOOK, str(home), str(below), *more],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_closed_folder_is_closed_to_a_program_without_powers(home: Path, tmp_path: Path) -> None:
    home.chmod(0o700)
    assert looked(home, tmp_path) == "closed\n"


def test_what_is_needed_of_a_closed_folder_is_seen_and_nothing_else(
    home: Path, tmp_path: Path
) -> None:
    home.chmod(0o700)
    assert looked(home, tmp_path, "show") == "seen ['code']\n"
    assert sorted(path.name for path in home.iterdir()) == ["code", "secret"]


def test_an_open_folder_is_left_as_it_is(home: Path, tmp_path: Path) -> None:
    assert looked(home, tmp_path, "show") == "seen ['code', 'secret']\n"
