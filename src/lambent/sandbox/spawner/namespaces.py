"""The namespaces of a sandbox seen from the host: whose ids they map to, which process is their first, and reaching in."""

import os
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.sight import Sight

SANDBOX: Final = (
    kernel.CLONE_NEWNS
    | kernel.CLONE_NEWUTS
    | kernel.CLONE_NEWIPC
    | kernel.CLONE_NEWUSER
    | kernel.CLONE_NEWPID
    | kernel.CLONE_NEWNET
)
"""A cgroup namespace is added from within, once the process is in its groups."""
IDS: Final = 65_536
_TASK, _TMP = "/var/task", "/tmp"
_SHOWN: Final = kernel.READ_ONLY | kernel.NO_SETUID | kernel.NO_DEVICES
_KEPT_OWNER_MAPS: Final = 512
_LOST: Final = 70


def map_ids(pid: int, base: int) -> None:
    """Give a process that was born into a user namespace the ids from `base` on."""
    for kind in ("uid_map", "gid_map"):
        _write(f"/proc/{pid}/{kind}", f"0 {base} {IDS}")


def map_one_user(pid: int, *, uid: int, gid: int) -> None:
    """Give a process that was born into a user namespace of ours the one user that ours has, as `uid` and `gid`."""
    _write(f"/proc/{pid}/uid_map", f"{uid} 0 1")
    _write(f"/proc/{pid}/gid_map", f"{gid} 0 1")


def prefer_as_victim(pid: int, score: int) -> None:
    """Have the host's out-of-memory killer take `pid` and its children before anything of the host's."""
    _write(f"/proc/{pid}/oom_score_adj", str(score))


def _write(path: str, text: str) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def open_init(pids: set[int]) -> tuple[int, int] | None:
    """Return (pid, pidfd) of the one among `pids` that is process 1 of a pid namespace, or None."""
    for pid in pids:
        with suppress(ProcessLookupError, FileNotFoundError):
            pidfd = os.pidfd_open(pid)
            if _is_first(pid):
                return pid, pidfd
            os.close(pidfd)
    return None


def open_storage(pid: int) -> int | None:
    """Return what the sandbox of process 1 `pid` has at /tmp, open; None where it is ending, or has no /tmp of its own yet.

    Danger: what is returned is wiped in the end. One whose spawner died while it was made may have the host's root still.
    """
    root = f"/proc/{pid}/root"
    try:
        storage = os.open(root + _TMP, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        # In this order: once its root is its own, that and /tmp stay what they are.
        mounted, around = os.fstat(storage), Path(f"{root}/").stat()
    except OSError:
        os.close(storage)
        return None
    if os.path.samestat(around, Path("/").stat()) or mounted.st_dev in _devices_of_ours(around):
        os.close(storage)
        return None
    return storage


def _devices_of_ours(around: os.stat_result) -> set[int]:
    """Return the file systems that hold no storage of a sandbox: its root's, and our own root's and /tmp's."""
    return {around.st_dev, Path("/").stat().st_dev, Path(_TMP).stat().st_dev}


def _is_first(pid: int) -> bool:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("NSpid:"):
            inner = line.split()[1:]
            return len(inner) > 1 and inner[-1] == "1"
    return False


class Binder:
    """Shows trees at /var/task of sandboxes that run already."""

    def __init__(self, *, sight: Sight) -> None:
        self._sight = sight
        self._home = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self._directory = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._owner_maps: OrderedDict[tuple[int, int, int], int] = OrderedDict()

    def prepare(self, base: int) -> None:
        """Make ready what the first `bind` into the sandbox of that base needs: it takes a millisecond. Raises OSError."""
        if self._sight.uid:
            self._owner_map(self._sight.uid, self._sight.gid, base)

    def bind(self, code_tree: str, *, pid: int, pidfd: int, base: int) -> None:
        """Mount `code_tree` read-only in the sandbox of `pid`, its owner shown as root. Raises OSError.

        Asking for the same tree again changes nothing.
        """
        tree = self._sight.tree(code_tree)
        try:
            self._set_attributes(tree, pid=pid, base=base)
            self.attach(tree, pidfd=pidfd)
        finally:
            os.close(tree)

    def replace_storage(self, tree: int, *, pidfd: int) -> None:
        """Show the detached mount `tree` at /tmp of a sandbox, instead of what is there. Raises OSError."""
        kernel.setns(pidfd, kernel.CLONE_NEWNS)
        try:
            kernel.unmount(_TMP)
            kernel.move_mount(tree, _TMP)
        finally:
            self._come_home()

    def _set_attributes(self, tree: int, *, pid: int, base: int) -> None:
        owner = os.fstat(tree)
        if self._sight.uid not in (0, owner.st_uid):  # shown, but never as the sandbox's own
            kernel.set_tree_attributes(tree, _SHOWN)
            return
        try:
            if owner.st_uid == owner.st_gid == 0:
                idmap = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
                try:
                    kernel.set_tree_attributes(tree, _SHOWN, idmap=idmap)
                finally:
                    os.close(idmap)
            else:
                idmap = self._owner_map(owner.st_uid, owner.st_gid, base)
                kernel.set_tree_attributes(tree, _SHOWN, idmap=idmap)
        except OSError:
            # Not every file system can show other owners; the files are then nobody's inside, and as readable as they were.
            kernel.set_tree_attributes(tree, _SHOWN)

    def attach(self, tree: int, *, pidfd: int) -> None:
        """Show the detached mount `tree` at /var/task of a sandbox, unless it is there. Raises OSError."""
        # Danger: between the two setns every path is looked up in the sandbox. Only its read-only root lies on this one.
        kernel.setns(pidfd, kernel.CLONE_NEWNS)
        try:
            if not os.path.samestat(os.stat(_TASK), os.fstat(tree)):  # noqa: PTH116 - one call, no objects
                kernel.move_mount(tree, _TASK)
        finally:
            self._come_home()

    def _come_home(self) -> None:
        try:
            kernel.setns(self._home, kernel.CLONE_NEWNS)
            os.fchdir(self._directory)
        except OSError:
            # In a sandbox's mounts this program must not go on as root: it is started anew instead.
            os._exit(_LOST)

    def _owner_map(self, uid: int, gid: int, base: int) -> int:
        """Return a user namespace in which `uid` and `gid` are `base`, the root of a sandbox."""
        key = (uid, gid, base)
        if key not in self._owner_maps:
            self._owner_maps[key] = _make_owner_map(uid, gid, base)
        self._owner_maps.move_to_end(key)
        while len(self._owner_maps) > _KEPT_OWNER_MAPS:
            os.close(self._owner_maps.popitem(last=False)[1])
        return self._owner_maps[key]


def _make_owner_map(uid: int, gid: int, base: int) -> int:
    wait, end = os.pipe()
    pid, pidfd = kernel.clone3(kernel.CLONE_NEWUSER)
    if pid == 0:
        # Danger: a fork of the spawner. It lives until the other end of the pipe is closed, and does nothing.
        kernel.close_all_but((wait,))
        os.read(wait, 1)
        os._exit(0)
    os.close(wait)
    try:
        _write(f"/proc/{pid}/uid_map", f"{uid} {base} 1")
        _write(f"/proc/{pid}/gid_map", f"{gid} {base} 1")
        return os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(end)
        os.waitid(os.P_PIDFD, pidfd, os.WEXITED)
        os.close(pidfd)
