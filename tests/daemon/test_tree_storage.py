"""Unpacked code lies on a file system that the daemon alone sees; each mount here is in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

import lambent
from lambent.sandbox.spawner import fscrypt

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount"),
    pytest.mark.skipif(not fscrypt.available(), reason="this kernel has no fscrypt"),
    pytest.mark.timeout(60),
]
PRELUDE: Final = """
import json, logging, os, sys
from pathlib import Path
from lambent.daemon.failure import StartFailure
from lambent.daemon.tree_storage import mount_trees, unmount_trees
logging.basicConfig(format="%(message)s")
image, at = Path(sys.argv[1], "trees.img"), Path(sys.argv[1], "trees")
def mount(key=b"k" * 64): return mount_trees(image, at, key=key)
"""
MARKER: Final = b"code that nobody else writes " * 300


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "trees").mkdir(mode=0o700)
    return tmp_path


def ran(place: Path, source: str) -> tuple[Any, str]:
    """What `source` said in a process of its own, and its log."""
    done = subprocess.run(
        [sys.executable, "-c", f"{PRELUDE}\n{source}", str(place)],
        env={"PYTHONPATH": str(Path(lambent.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout or "null"), done.stderr


def test_what_is_unpacked_stays_and_is_seen_by_nobody_else(place: Path) -> None:
    said, _ = ran(place, "print(json.dumps(mount())); (at / 'tree').mkdir()")
    assert said is True
    assert list((place / "trees").iterdir()) == []
    said, log = ran(place, "mount(); print(json.dumps(os.listdir(at)))")
    assert (said, log) == (["tree"], "")


def test_it_lies_encrypted_on_the_disk(place: Path) -> None:
    ran(place, f"mount(); (at / 'app.py').write_bytes({MARKER!r}); unmount_trees(image, at)")
    with (place / "trees.img").open("rb") as image:
        end = 0
        stored = b""
        while (start := _data_from(image.fileno(), end)) is not None:
            end = os.lseek(image.fileno(), start, os.SEEK_HOLE)
            stored += os.pread(image.fileno(), end - start, start)
    assert len(stored) > len(MARKER)
    assert MARKER[:64] not in stored
    assert b"app.py" not in stored


def test_what_another_user_put_there_is_neither_formatted_nor_mounted(place: Path) -> None:
    image, others = place / "trees.img", place / "others"
    others.write_bytes(b"of its owner's")
    for plant in (image.symlink_to, image.hardlink_to):
        plant(others)
        _, log = ran(place, "mount(); unmount_trees(image, at)")
        assert log == f"{image} is not lambent's and is made anew\n"
        assert others.read_bytes() == b"of its owner's"
        assert not image.is_symlink()
        image.unlink()
    image.write_bytes(b"crafted")
    os.chown(image, 4321, 4321)
    ran(place, "mount(); unmount_trees(image, at)")
    assert image.stat().st_uid == 0


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ("key = b'o' * 64", "is encrypted with another key"),
        ("f = open(image, 'r+b'); f.seek(1024 + 58); f.write(b'\\0'); f.close()", "not unmounted"),
        ("f = open(image, 'r+b'); f.write(bytes(1 << 20)); f.close()", "not unmounted"),
    ],
)
def test_what_cannot_be_used_is_made_anew_and_said(place: Path, spoil: str, reason: str) -> None:
    ran(place, "mount(); (at / 'tree').mkdir(); unmount_trees(image, at)")
    source = f"key = b'k' * 64; {spoil}; mount(key); print(json.dumps(os.listdir(at)))"
    said, log = ran(place, source)
    assert said == []
    assert reason in log


def test_what_an_older_version_left_in_plain_is_removed(place: Path) -> None:
    (place / "trees" / "old").mkdir()
    (place / "trees" / "old" / "app.py").write_text("secret")
    said, _ = ran(place, "mount(); print(json.dumps(os.listdir(at)))")
    assert said == []
    assert list((place / "trees").iterdir()) == []


def test_it_is_its_owner_s(place: Path) -> None:
    os.chown(place / "trees", 4321, 4322)
    said, _ = ran(
        place, "mount(); s = at.stat(); print(json.dumps([s.st_uid, s.st_gid, s.st_mode & 0o777]))"
    )
    assert said == [4321, 4322, 0o700]


def test_an_image_in_use_is_not_mounted_twice(place: Path) -> None:
    source = """
import lambent.daemon.tree_storage as storage
mount()
child = os.fork()
if child == 0:
    storage._ATTEMPTS = 3
    try: mount()
    except StartFailure as failure: os._exit(str(failure).endswith("it is in use."))
    os._exit(0)
print(json.dumps(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
"""
    assert ran(place, source)[0] == 1


def test_a_place_where_it_cannot_be_is_one_sentence(place: Path) -> None:
    (place / "trees.img").mkdir()
    source = """
try: mount()
except StartFailure as failure: print(json.dumps(str(failure)))
"""
    said = str(ran(place, source)[0])
    assert said.startswith(f"Cannot keep unpacked code in {place}/trees.img: ")
    assert "\n" not in said


def _data_from(image: int, at: int) -> int | None:
    try:
        return os.lseek(image, at, os.SEEK_DATA)
    except OSError:
        return None
