"""Leaving the host's mounts, in processes of their own: a mount namespace can't be left again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lambent

pytestmark = [
    pytest.mark.root,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount"),
]

CHROOT = """
import errno, os, sys
from pathlib import Path
from lambent.sandbox.spawner import kernel, own_mounts
root, at = Path(sys.argv[1]), Path(sys.argv[2])
kernel.unshare(kernel.CLONE_NEWNS)
kernel.mount("", "/", "", kernel.MS_REC | kernel.MS_PRIVATE)
for entry in [*Path("/").iterdir()]:
    if entry.is_symlink():
        (root / entry.name).symlink_to(entry.readlink())
    elif entry.is_dir():
        (root / entry.name).mkdir()
        kernel.move_mount(kernel.open_tree(str(entry), recursive=True), str(root / entry.name))
os.chroot(root)
os.chdir("/")
"""
UNSHARE = """
def user_namespace():
    child = os.fork()
    if child == 0:
        try:
            kernel.unshare(kernel.CLONE_NEWUSER)
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""
ENTER = """
own_mounts.enter(at)
"""
TELL = """
print(user_namespace(), os.path.samestat(os.stat("/"), os.stat("/..")), (at / "own").exists(), os.getcwd() == str(at))
"""


def told(tmp_path: Path, *source: str) -> str:
    (tmp_path / "root").mkdir()
    return subprocess.run(
        [sys.executable, "-c", "".join(source), str(tmp_path / "root"), str(tmp_path / "mnt")],
        env={"PYTHONPATH": str(Path(lambent.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_a_chroot_lets_nobody_make_a_user_namespace(tmp_path: Path) -> None:
    assert told(tmp_path, CHROOT, UNSHARE, TELL).startswith("1 ")


def test_in_a_chroot_what_was_its_root_becomes_all_there_is(tmp_path: Path) -> None:
    own = '(at / "own").touch()\n'
    assert told(tmp_path, CHROOT, UNSHARE, ENTER, own, TELL) == "0 True True True\n"
    assert list((tmp_path / "mnt").iterdir()) == []
