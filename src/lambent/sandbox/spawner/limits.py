"""What a process gives up before it is a function's: resources, capabilities, its user, most system calls."""

import os
import resource
import signal
from pathlib import Path
from typing import Final

from lambent.model.limits import MAX_FILES
from lambent.sandbox.spawner import kernel, seccomp

RUNTIME_UID: Final = 993
INIT_UID: Final = 992
"""Another user's: processes are counted by user, and process 1 shall not be one of the function's."""
GID: Final = 990
_AMBIENT_CLEAR_ALL: Final = 4


def last_capability() -> int:
    """Return the number of the highest capability of this kernel."""
    return int(Path("/proc/sys/kernel/cap_last_cap").read_text(encoding="ascii"))


def set_resources(*, processes: int | None) -> None:
    """Bound open files and, unless None, the user's processes, and forbid core files."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (MAX_FILES, MAX_FILES))
    if processes is not None:
        resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def reset_signals() -> None:
    """Give every signal its default action: what Python ignores, an exec'd program would ignore too."""
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)


def drop(
    uid: int, *, last_capability: int, filter_program: bytes, keep_groups: bool = False
) -> None:
    """Become the user `uid` without any capability, under the filter; there is no way back.

    `keep_groups` where the kernel lets nobody change them: in a user namespace that an ordinary user has made.
    Danger: the order matters. The bounding set needs a capability to be dropped, the groups another, the filter forbids the rest.
    """
    kernel.prctl(kernel.PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)
    for capability in range(last_capability + 1):
        kernel.prctl(kernel.PR_CAPBSET_DROP, capability)
    if not keep_groups:
        os.setgroups([])
    os.setresgid(GID, GID, GID)
    os.setresuid(uid, uid, uid)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.load(filter_program)
