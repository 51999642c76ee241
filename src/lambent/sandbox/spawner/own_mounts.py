"""A mount namespace of one's own: a copy of the host's, which the host does not see."""

import os
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import kernel

_ALL_THE_WAY_UP: Final = "/".join([".."] * 1_000)


def enter(at: Path) -> Path:
    """Leave the host's mounts for a copy, and work in a file system of our own at `at`. Raises OSError.

    What the host mounts and unmounts is still seen here, so that a data directory can be mounted later.
    """
    at.mkdir(exist_ok=True, mode=0o700)
    leave_the_hosts(at)
    kernel.mount("tmpfs", str(at), "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=711,size=4m")
    kernel.mount("", str(at), "", kernel.MS_PRIVATE)
    # A sandbox's first process starts here, in its copy, even if the way here is closed to other users.
    os.chdir(at)
    return at


def leave_the_hosts(below: Path) -> None:
    """Leave the host's mounts for a copy, and stand at its top; `below` is any directory but the root. Raises OSError.

    The root directory becomes that of the mount namespace. In a chroot it was not: what is mounted at such a root cannot
    be changed from there, and the kernel lets nobody in it make a user namespace.
    """
    kernel.unshare(kernel.CLONE_NEWNS)
    root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # Danger: between these two the process stands outside its own root, and `..` leads out of the chroot. Nothing
        # but the way to the top is walked there, and the chroot becomes all there is again before this returns.
        os.chroot(below)
        os.fchdir(root)
        os.chdir(_ALL_THE_WAY_UP)
        os.chroot(".")
        kernel.mount("", ".", "", kernel.MS_REC | kernel.MS_SLAVE)
        if not os.path.samestat(os.stat("."), os.fstat(root)):  # noqa: PTH116 - of the working directory as it is
            _make_the_top(root)
    finally:
        os.close(root)


def _make_the_top(root: int) -> None:
    os.fchdir(root)
    tree = kernel.open_tree(".", recursive=True)
    try:
        kernel.move_mount(tree, ".")
        os.fchdir(tree)
    finally:
        os.close(tree)
    kernel.pivot_root_here()
