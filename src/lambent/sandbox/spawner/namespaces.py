"""The namespaces of a sandbox seen from the host: whose ids they map to, which process is their first, and reaching in."""

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import kernel
from lambent.sandbox.spawner.orders import Bind
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
_TASK, _OPT, _TMP = "/var/task", "/opt", "/tmp"
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


def open_storage(pid: int, *, spool: Path) -> int | None:
    """Return what the sandbox of process 1 `pid` has at /tmp, open; None where it is ending already, or has no volume yet.

    Danger: what is returned will be emptied. A sandbox whose spawner was killed while it made it may still be in the host's
    root, and then has the host's own /tmp: a directory counts only if it lies on an image that was made in `spool`.
    """
    try:
        found = os.open(f"/proc/{pid}/root{_TMP}", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return None
    if lies_on_image(found, spool):
        return found
    os.close(found)
    return None


def lies_on_image(directory: int, spool: Path) -> bool:
    """Whether an open directory lies on a loop device whose file was made in `spool`."""
    device = os.fstat(directory).st_dev
    backing = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}/loop/backing_file")
    try:
        return backing.read_text(encoding="utf-8", errors="replace").startswith(f"{spool}/")
    except OSError:  # no loop device
        return False


def _is_first(pid: int) -> bool:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("NSpid:"):
            inner = line.split()[1:]
            return len(inner) > 1 and inner[-1] == "1"
    return False


def shown_trees(order: Bind) -> Iterator[tuple[str, str]]:
    """Where in a sandbox each tree of `order` belongs: place -> tree."""
    if order.opt_tree is not None:  # before the code, which tells of what is at /opt
        yield _OPT, order.opt_tree
    yield _TASK, order.code_tree


class Binder:
    """Shows trees in sandboxes that run already."""

    def __init__(self, *, sight: Sight) -> None:
        self._sight = sight
        self._home = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self._directory = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._owner_maps: OrderedDict[tuple[int, int, int], int] = OrderedDict()

    def prepare(self, base: int) -> None:
        """Make ready what the first `bind` into the sandbox of that base needs: it takes a millisecond. Raises OSError."""
        if self._sight.uid:
            self._owner_map(self._sight.uid, self._sight.gid, base)

    def open(self, source: str, *, pid: int, base: int) -> int:
        """Return the directory `source` as a detached, read-only mount whose owner is root in the sandbox of `pid`; the caller's.

        Raises OSError.
        """
        tree = self._sight.tree(source)
        try:
            self._set_attributes(tree, pid=pid, base=base)
        except BaseException:
            os.close(tree)
            raise
        return tree

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

    def attach(self, trees: Mapping[str, int], *, pidfd: int) -> None:
        """Show the detached mounts `trees` (place -> mount) in a sandbox, where they are not there already. Raises OSError."""
        # Danger: between the two setns every path is looked up in the sandbox. Only its read-only root lies on this one.
        kernel.setns(pidfd, kernel.CLONE_NEWNS)
        try:
            for place, tree in trees.items():
                if not os.path.samestat(os.stat(place), os.fstat(tree)):  # noqa: PTH116 - one call, no objects
                    kernel.move_mount(tree, place)
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
