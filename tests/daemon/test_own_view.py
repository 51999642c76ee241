"""What is seen by a program without powers, in processes of their own: a mount namespace can't be left again."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
STRANGER, USER = 54_321, 70_321
LOOK = """
import sys
from pathlib import Path
from lambent.daemon.daemon_user import DaemonUser
from lambent.daemon.own_view import show
from lambent.daemon.privileges import become
home, below, uid = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
if sys.argv[4:]:
    places = [home / "code", home / "code" / "within", home / "absent", Path("/usr"), home / "link" / "within"]
    show(places, below=below, user=DaemonUser(uid=uid, gid=uid))
become(uid, uid)
try:
    print((home / "link" / "within" / "file").read_text(), sorted(p.name for p in home.iterdir()))
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
    (made / "link").symlink_to("code")
    (made / "secret").write_text("of its owner's")
    for path in (made, *made.rglob("*")):
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    everybodys = Path(tempfile.gettempdir())
    for folder in made.parents:
        if folder != everybodys and folder.is_relative_to(everybodys):
            folder.chmod(0o755)
    return made


def looked(home: Path, below: Path, *more: str, uid: int = USER) -> str:
    return subprocess.run(
        [sys.executable, "-c", LOOK, str(home), str(below), str(uid), *more],
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
    assert looked(home, tmp_path, "show") == "seen ['code', 'link']\n"
    assert sorted(path.name for path in home.iterdir()) == ["code", "link", "secret"]


def test_an_open_folder_is_left_as_it_is(home: Path, tmp_path: Path) -> None:
    assert looked(home, tmp_path, "show") == "seen ['code', 'link', 'secret']\n"


def test_a_folder_is_open_to_whose_it_is(home: Path, tmp_path: Path) -> None:
    home.chmod(0o700)
    seen = "seen ['code', 'link', 'secret']\n"
    assert looked(home, tmp_path, "show", uid=STRANGER) == seen


FURNISH = """
import os, sys
from pathlib import Path
from lambent.daemon.daemon_user import DaemonUser
from lambent.daemon.own_view import furnish_home
from lambent.daemon.privileges import become
at, of, uid = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
furnish_home(at, of=of, user=DaemonUser(uid=uid, gid=uid))
become(uid, uid)
os.chdir(at)
print(sorted(str(path) for path in Path(".").rglob("*") if path.is_file()), Path(".npmrc").read_text())
Path("cache").mkdir()
"""


def test_a_home_has_the_operators_settings_for_fetching_and_nobody_else_sees_it(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text("of root's")
    (home / ".config/pip").mkdir(parents=True)
    (home / ".config/pip/pip.conf").write_text("[global]")
    (home / ".npmrc").write_text("registry=x")
    (home / ".netrc").symlink_to(tmp_path / "secret")  # the home's owner may not read it
    for path in (home, *home.rglob("*")):
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)
    at = tmp_path / "at"
    at.mkdir()
    said = subprocess.run(
        [sys.executable, "-c", FURNISH, str(at), str(home), str(USER)],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said == "['.config/pip/pip.conf', '.npmrc'] registry=x\n"
    assert list(at.iterdir()) == []
