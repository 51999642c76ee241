"""The Linux calls a sandbox is made of that Python does not offer, for the architectures lambent runs on.

Every call here raises OSError with the call's name; a descriptor that one returns is close-on-exec and the caller's.
"""

import ctypes
import os
import platform
import struct
from collections.abc import Iterable
from typing import Final

CLONE_NEWNS: Final = 0x00020000
CLONE_NEWCGROUP: Final = 0x02000000
CLONE_NEWUTS: Final = 0x04000000
CLONE_NEWIPC: Final = 0x08000000
CLONE_NEWUSER: Final = 0x10000000
CLONE_NEWPID: Final = 0x20000000
CLONE_NEWNET: Final = 0x40000000
_CLONE_PIDFD: Final = 0x00001000
_CLONE_PARENT: Final = 0x00008000
_CLONE_INTO_CGROUP: Final = 0x200000000

MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_REC: Final = 0x4000
MS_PRIVATE: Final = 1 << 18
MS_SLAVE: Final = 1 << 19

READ_ONLY: Final = 0x1
NO_SETUID: Final = 0x2
NO_DEVICES: Final = 0x4
NO_EXECUTION: Final = 0x8
_IDMAP: Final = 0x100000

_AT_FDCWD: Final = -100
_AT_EMPTY_PATH: Final = 0x1000
_AT_RECURSIVE: Final = 0x8000
_OPEN_TREE_CLONE: Final = 1
_MOVE_FROM_DESCRIPTOR: Final = 0x4
_UNMOUNT_DETACH: Final = 2
_SIGCHLD: Final = 17

_OPEN_TREE, _MOVE_MOUNT, _FSOPEN, _FSCONFIG, _FSMOUNT, _FSPICK = range(428, 434)
_CLONE3, _CLOSE_RANGE, _OPENAT2, _MOUNT_SETATTR = 435, 436, 437, 442
_RESOLVE_NO_SYMLINKS: Final = 0x04
_HIGHEST_DESCRIPTOR: Final = 0x7FFFFFFF
_PIVOT_ROOT: Final = {"x86_64": 155, "aarch64": 41}

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_NAME: Final = 15
PR_SET_SECCOMP: Final = 22
PR_CAPBSET_DROP: Final = 24
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38
PR_CAP_AMBIENT: Final = 47

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


def _checked(result: int, call: str) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{call}: {os.strerror(number)}")
    return result


def _call(name: str, number: int, *arguments: int | bytes | None) -> int:
    # ctypes passes a bare int as 32 bits: flags above that would be lost without c_long.
    wide = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) for a in arguments]
    return _checked(_LIBC.syscall(ctypes.c_long(number), *wide), name)


def clone3(flags: int, *, into_cgroup: int | None = None, sibling: bool = False) -> tuple[int, int]:
    """Fork into new namespaces: (pid, pidfd) in the parent, (0, -1) in the child; a `sibling` is the caller's parent's child.

    Danger: Python's own fork hooks do not run, so the calling process must have one thread only; the child must never
    return to the caller's loop, and holds every descriptor of the parent until it closes them.
    """
    pidfd = ctypes.c_int(-1)
    if into_cgroup is not None:
        flags |= _CLONE_INTO_CGROUP
    if sibling:
        flags |= _CLONE_PARENT
    arguments = struct.pack(
        "<11Q",
        flags | _CLONE_PIDFD,
        ctypes.addressof(pidfd),
        *(0, 0, 0 if sibling else _SIGCHLD, 0, 0, 0, 0, 0),
        into_cgroup or 0,
    )
    pid = _call("clone3", _CLONE3, arguments, len(arguments))
    return pid, pidfd.value


def unshare(flags: int) -> None:
    """Leave the namespaces of `flags` for new ones."""
    _checked(_LIBC.unshare(flags), "unshare")


def setns(descriptor: int, flags: int) -> None:
    """Enter another namespace. Danger: entering a mount namespace also changes the root and working directories."""
    _checked(_LIBC.setns(descriptor, flags), "setns")


def prctl(option: int, *arguments: int) -> None:
    """Change something of the calling process."""
    padded = [ctypes.c_ulong(a) for a in (*arguments, 0, 0, 0, 0)[:4]]
    _checked(_LIBC.prctl(option, *padded), f"prctl {option}")


def close_all_but(kept: Iterable[int]) -> None:
    """Close every descriptor of the calling process that is not among `kept`."""
    first = 0
    for descriptor in sorted({*kept, _HIGHEST_DESCRIPTOR + 1}):
        if descriptor > first:
            _call("close_range", _CLOSE_RANGE, first, descriptor - 1, 0)
        first = descriptor + 1


def name_process(name: bytes) -> None:
    """Set the name that `ps` shows for the calling thread."""
    buffer = ctypes.create_string_buffer(name)
    prctl(PR_SET_NAME, ctypes.addressof(buffer))


def set_domain_name(name: bytes) -> None:
    """Set the NIS domain name of the UTS namespace, which starts as a copy of the host's."""
    _checked(_LIBC.setdomainname(name, len(name)), "setdomainname")


def overwrite(start: int, end: int, text: bytes) -> None:
    """Fill the calling process's memory from `start` to `end` with `text` and zeros.

    Danger: writes to raw addresses; only for areas that the kernel says are the process's own arguments.
    """
    length = end - start
    if length > 0:
        ctypes.memset(start, 0, length)
        ctypes.memmove(start, text[: length - 1], min(len(text), length - 1))


def mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    """Mount a file system of `kind` at `target`, or change what is mounted there as `flags` say."""
    encoded = [part.encode() or None for part in (source, target, kind)]
    _checked(_LIBC.mount(*encoded, ctypes.c_ulong(flags), data.encode()), f"mount {target}")


def unmount(target: str) -> None:
    """Take what is mounted at `target` out of the tree at once; it goes when nothing uses it any more."""
    _checked(_LIBC.umount2(target.encode(), _UNMOUNT_DETACH), f"umount {target}")


def open_tree(path: str, *, below: int = _AT_FDCWD, recursive: bool = False) -> int:
    """Clone the mount at `path` into a detached tree; `recursive` takes the mounts below it along.

    An empty path is what `below` itself leads to.
    """
    flags = _OPEN_TREE_CLONE | os.O_CLOEXEC
    flags |= (_AT_RECURSIVE if recursive else 0) | (0 if path else _AT_EMPTY_PATH)
    return _call(f"open_tree {path}", _OPEN_TREE, below, path.encode(), flags)


def open_without_links(path: str) -> int:
    """Open the directory `path` for its place only; a symbolic link anywhere on the way is refused."""
    how = struct.pack("<3Q", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC, 0, _RESOLVE_NO_SYMLINKS)
    return _call(f"openat2 {path}", _OPENAT2, _AT_FDCWD, path.encode(), how, len(how))


def move_mount(tree: int, target: str) -> None:
    """Attach a detached tree at `target`, followed through symbolic links by the caller's root."""
    _call(
        f"move_mount {target}",
        _MOVE_MOUNT,
        *(tree, b"", _AT_FDCWD, target.encode(), _MOVE_FROM_DESCRIPTOR),
    )


def set_tree_attributes(tree: int, attributes: int, *, idmap: int | None = None) -> None:
    """Set attributes of a detached tree and make it private; `idmap`, a user namespace, shows its files' owners by that map."""
    if idmap is not None:
        attributes |= _IDMAP
    data = struct.pack("<4Q", attributes, 0, MS_PRIVATE, idmap or 0)
    flags = _AT_EMPTY_PATH | _AT_RECURSIVE
    _call("mount_setattr", _MOUNT_SETATTR, tree, b"", flags, data, len(data))


def set_mount_attributes(path: str, attributes: int) -> None:
    """Set attributes of what is mounted at `path`."""
    data = struct.pack("<4Q", attributes, 0, 0, 0)
    _call(f"mount_setattr {path}", _MOUNT_SETATTR, _AT_FDCWD, path.encode(), 0, data, len(data))


def mount_detached(
    kind: str,
    *,
    options: tuple[tuple[str, str], ...],
    switches: tuple[str, ...] = (),
    attributes: int,
) -> int:
    """Mount a file system of `kind`, attached nowhere: it lives as long as the descriptor or a clone of it."""
    context = _call(f"fsopen {kind}", _FSOPEN, kind.encode(), 1)
    try:
        for name, value in options:
            _call(f"fsconfig {name}", _FSCONFIG, context, 1, name.encode(), value.encode(), 0)
        for switch in switches:
            _call(f"fsconfig {switch}", _FSCONFIG, context, 0, switch.encode(), None, 0)
        _call(f"fsconfig create {kind} {options}", _FSCONFIG, context, 6, None, None, 0)
        return _call("fsmount", _FSMOUNT, context, 1, attributes)
    finally:
        os.close(context)


def forget_names(path: str) -> None:
    """Have the read-only file system at `path` look up anew what it remembers, names that were not there included.

    By a reconfiguration that changes nothing: before it the kernel drops what nobody uses.
    """
    context = _call(f"fspick {path}", _FSPICK, _AT_FDCWD, path.encode(), 1)
    try:
        _call("fsconfig ro", _FSCONFIG, context, 0, b"ro", None, 0)
        _call(f"fsconfig reconfigure {path}", _FSCONFIG, context, 7, None, None, 0)
    finally:
        os.close(context)


def pivot_root_here() -> None:
    """Make the current directory the root and let go of the old one.

    Danger: until the old root is unmounted the whole host is still reachable through it; it lies over the new one.
    """
    _call("pivot_root", _PIVOT_ROOT[platform.machine()], b".", b".")
    unmount(".")
    os.chdir("/")
