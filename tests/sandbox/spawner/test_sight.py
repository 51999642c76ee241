"""What an asker that is not root may have shown."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lambent.sandbox.spawner.sight import Sight, may
from tests.sandbox.conformance import readable
from tests.sandbox.spawned import (
    NEEDS_ROOT,
    PYENV,
    DirectBench,
    Instance,
    client_of,
    instance,
    subreaper,
)

pytestmark = NEEDS_ROOT
UID = 4321


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Instance]:
    with subreaper(), instance(tmp_path / "i") as made:
        yield made


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    """A folder of root's, closed, with something in it that all could read."""
    folder = tmp_path / "closed"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner/file").write_text("of root's")
    folder.chmod(0o700)
    return folder


def sees(sight: Sight, path: Path) -> bool:
    try:
        tree = sight.tree(path)
    except PermissionError:
        return False
    os.close(tree)
    return True


def test_what_its_user_could_walk_to_may_be_shown() -> None:
    assert sees(Sight(uid=UID, gid=UID), Path("/usr/lib"))


def test_what_is_behind_a_closed_folder_may_not_unless_root_has_named_it(closed: Path) -> None:
    inner = closed / "inner"
    assert not sees(Sight(uid=UID, gid=UID), inner)
    assert sees(Sight(uid=UID, gid=UID, shown=(closed,)), inner)
    assert sees(Sight(uid=0, gid=0), inner)


def test_a_link_shows_no_more_than_the_path_that_it_leads_to(closed: Path) -> None:
    shown = closed.parent / "shown"
    shown.mkdir()
    (shown / "link").symlink_to(closed / "inner")
    (shown / "own").mkdir()
    (shown / "good").symlink_to("own")
    sight = Sight(uid=UID, gid=UID, shown=(shown,))
    assert not sees(sight, shown / "link")
    assert not sees(sight, shown / ".." / "closed" / "inner")
    assert sees(sight, shown / "good")


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Sight(uid=UID, gid=UID, shown=(tmp_path,)).tree(tmp_path / "missing")


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "expected"),
    [
        (0o700, UID, 1, True),
        (0o077, UID, UID, False),  # an owner is not asked as one of the others
        (0o070, 1, UID, True),
        (0o707, 1, UID, False),
        (0o007, 1, 1, True),
        (0o001, 1, 1, False),
    ],
)
def test_the_mode_is_read_as_the_kernel_reads_it(
    tmp_path: Path, mode: int, uid: int, gid: int, *, expected: bool
) -> None:
    os.chown(tmp_path, uid, gid)
    tmp_path.chmod(mode)
    assert may(tmp_path.stat(), uid=UID, gid=UID, others=0o5) is expected


LOOK = """
import os
os.read(REQUESTS, 1)
seen = os.stat(TASK), os.stat(f"{TASK}/code"), os.stat(f"{TASK}/of_root")
os.write(OUTPUT, repr([s.st_uid for s in seen]).encode())
"""


async def test_code_of_the_askers_is_roots_inside_and_what_is_not_the_askers_is_nobodys(
    made: Instance, tmp_path: Path
) -> None:
    async with client_of(made):
        pass  # it stands: only then does it end in order
    assert made.stop() == 0
    made.asker_uid, made.shown = UID, (tmp_path, PYENV)
    made.start()
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "code").write_text("")
    (tree / "of_root").write_text("")
    for path in (tree, tree / "code"):
        os.chown(path, UID, UID)
    async with client_of(made) as client:
        sandbox = await client.make(DirectBench(client, made).plan(LOOK))
        await sandbox.bind(tree)
        os.write(sandbox.requests, b"!")
        await readable(sandbox.output)
        assert os.read(sandbox.output, 100) == b"[0, 0, 65534]"
        await sandbox.kill()
