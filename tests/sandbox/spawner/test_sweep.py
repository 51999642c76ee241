"""A sweep by root believes nothing that another user wrote: it has that user's own powers there."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lambent.sandbox.spawner import register
from lambent.sandbox.spawner.sweep import SweepFailure, sweep

pytestmark = pytest.mark.root
_USER = 69_977
_INSTANCE = "nobodys"
_NAME = "nobodys-1-0123abcd"
_UNTIL_THE_END = "import sys; print(flush=True); sys.stdin.read()"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """What of a run directory belongs to another user."""
    for place in (tmp_path, *tmp_path.parents):
        place.chmod(place.stat().st_mode | 0o711)
    own = tmp_path / "own"
    own.mkdir(mode=0o700)
    os.chown(own, _USER, _USER)
    return own


class Programs:
    """Processes that end with the test."""

    def __init__(self, ends: ExitStack) -> None:
        self._ends = ends

    def start(self, *, user: int, environ: dict[str, str]) -> subprocess.Popen[bytes]:
        """One that waits."""
        program = self._ends.enter_context(
            subprocess.Popen(
                ["/usr/bin/python3", "-c", _UNTIL_THE_END],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                user=user,
                group=user,
                extra_groups=[],
                env=environ,
            )
        )
        self._ends.callback(program.kill)
        assert program.stdout is not None
        assert program.stdout.readline() == b"\n"
        return program


@pytest.fixture
def programs() -> Iterator[Programs]:
    with ExitStack() as ends:
        yield Programs(ends)


def noted(own: Path, name: str, text: str) -> None:
    """The user has written down a sandbox."""
    folder = own / register.FOLDER
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    for path in (folder, folder / name):
        os.chown(path, _USER, _USER)


def test_what_a_user_s_register_names_ends_if_it_is_that_user_s(
    own: Path, programs: Programs
) -> None:
    environ = {"TMPDIR": f"/data/processes/{_NAME}/tmp"}
    theirs = programs.start(user=_USER, environ=environ)
    roots = programs.start(user=0, environ=environ)
    noted(own, _NAME, "")
    assert sweep(_INSTANCE, registers=[own]) == 1
    assert theirs.wait(10) == -signal.SIGKILL
    assert roots.poll() is None
    assert not (own / register.FOLDER).exists()


def test_a_register_that_leads_elsewhere_is_not_followed(own: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o755)
    (elsewhere / "file").write_text("roots")
    (own / register.FOLDER).symlink_to(elsewhere)
    assert sweep(_INSTANCE, registers=[own]) == 0
    assert (elsewhere / "file").read_text() == "roots"


def test_a_register_that_its_user_made_unusable_is_a_failure_and_nothing_more(own: Path) -> None:
    noted(own, _NAME, "")
    (own / register.FOLDER / "folder").mkdir()
    with pytest.raises(SweepFailure, match="folder"):
        sweep(_INSTANCE, registers=[own])
