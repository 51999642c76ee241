"""Whether an ordinary user can have sandboxes here: the steps that kernels and security modules forbid, taken once."""

import os
import sys
from typing import Final

from lambent.sandbox.spawner import kernel, limits, namespaces, rootless

_LONGEST: Final = 4_096


def attempt() -> str:
    """Return why no sandbox can be made, or nothing. In a process of its own: the caller's stays what it is."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        # Danger: a copy of the caller, which must neither come back nor run its cleaning up.
        try:
            os.close(told)
            _try(tell)
        finally:
            os.write(tell, f"{sys.exc_info()[1]}".encode()[:_LONGEST])
            os._exit(1)
    os.close(tell)
    with os.fdopen(told, "rb") as words:
        failure = words.read().decode(errors="replace")
    os.waitpid(child, 0)
    return failure


def _try(tell: int) -> None:
    rootless.enter_user_namespace(rootless.BWRAP, earlier=())
    wait, go = os.pipe()
    pid, _ = kernel.clone3(namespaces.SANDBOX)
    if pid == 0:
        try:
            os.read(wait, 1)
            kernel.mount("tmpfs", "/tmp", "tmpfs", kernel.MS_NOSUID, "size=1m")
            os.mkdir("/tmp/proc")  # noqa: PTH102 - as few modules as can be in a copy of the caller
            kernel.mount("proc", "/tmp/proc", "proc", kernel.MS_NOSUID)
            os._exit(0)
        finally:
            os.write(tell, f"{sys.exc_info()[1]}".encode()[:_LONGEST])
            os._exit(1)
    namespaces.map_one_user(pid, uid=limits.RUNTIME_UID, gid=limits.GID)
    os.write(go, b"x")
    os.waitpid(pid, 0)
    os._exit(0)
