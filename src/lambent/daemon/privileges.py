"""Laying down root's powers, by raw prctl and capset: the standard library has no call for them."""

import ctypes
import errno
import os
import signal
from typing import Final

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_NAME: Final = 15
_PR_CAPBSET_DROP: Final = 24
_PR_SET_CHILD_SUBREAPER: Final = 36
_PR_SET_NO_NEW_PRIVS: Final = 38
_PR_CAP_AMBIENT: Final = 47
_PR_CAP_AMBIENT_CLEAR_ALL: Final = 4
_CAPABILITY_VERSION_3: Final = 0x20080522
_HIGHEST_CAPABILITY: Final = 63

_libc: Final = ctypes.CDLL(None, use_errno=True)


def _checked(result: int, call: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{call}: {os.strerror(code)}")
    return result


def _prctl(option: int, argument: int = 0) -> int:
    arguments = [ctypes.c_ulong(value) for value in (argument, 0, 0, 0)]
    return int(_libc.prctl(ctypes.c_int(option), *arguments))


def lay_down() -> None:
    """Give up every capability, and the way back by any later exec. The uid stays.

    Danger: nothing after this may need root's powers; also files of other users are closed now.
    """
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(_HIGHEST_CAPABILITY + 1):
        _prctl(_PR_CAPBSET_DROP, capability)  # EINVAL past the kernel's last, EPERM without root
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: twice 32 bits each
    _checked(_libc.capset(header, nothing), "capset")
    _checked(_prctl(_PR_SET_NO_NEW_PRIVS, 1), "prctl(PR_SET_NO_NEW_PRIVS)")


def become(uid: int, gid: int) -> None:
    """Be `uid` and `gid` without any power, in every respect and for good. Raises OSError.

    Danger: in this order. The bounding set can be emptied by root only, groups changed before the uid, and the parent's death
    signal is forgotten with the uid.
    """
    for capability in range(_HIGHEST_CAPABILITY + 1):
        _prctl(_PR_CAPBSET_DROP, capability)  # EINVAL past the kernel's last
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    lay_down()
    if {*os.getresuid(), *os.getresgid()} != {uid, gid} or os.getgroups():
        raise PermissionError(errno.EPERM, "root is not given up")


def close_to_others() -> None:
    """Let no other process of this uid look into this one's memory or trace it; it leaves no core either.

    Danger: /proc/self belongs to root from here on; what a process may do to its own is not asked of it there.
    """
    _checked(_prctl(_PR_SET_DUMPABLE, 0), "prctl(PR_SET_DUMPABLE)")


def name_process(name: str) -> None:
    """Set what `ps` and `top` call this process, as far as 15 bytes go."""
    text = ctypes.create_string_buffer(name.encode())
    _checked(_prctl(_PR_SET_NAME, ctypes.addressof(text)), "prctl(PR_SET_NAME)")


def die_with_parent(parent: int) -> None:
    """Be killed when the thread that made this process ends; end at once if `parent` is gone already.

    Danger: the kernel forgets it at a change of uid, so it is said again after one.
    """
    _checked(_prctl(_PR_SET_PDEATHSIG, signal.SIGKILL), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies; they must then be reaped here."""
    _checked(_prctl(_PR_SET_CHILD_SUBREAPER, 1), "prctl(PR_SET_CHILD_SUBREAPER)")
