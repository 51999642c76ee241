"""The spawner's program for an ordinary user: becomes root of a user namespace that bwrap makes, then the spawner.

In it sandboxes are made as root makes them. It is entered before the spawner's program is: by what it may look at in a
process, the kernel tells a program that was started within a namespace from one that came in.
"""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from lambent.sandbox.spawner import kernel, kin
from lambent.sandbox.spawner.register import FOLDER, Register

BWRAP: Final = "bwrap"
_RUN_DIR: Final = "--run-dir"
_NS_GET_PARENT: Final = 0xB702
_ROOT_OF_ITS_OWN: Final = (
    *("--unshare-user", "--uid", "0", "--gid", "0", "--cap-add", "ALL"),
    *("--dev-bind", "/", "/", "--die-with-parent"),
)


class NoNamespace(Exception):
    """No user namespace can be had; the text says why."""


def main(arguments: Sequence[str]) -> None:
    """Enter, and become the spawner with `arguments`; exits with a sentence where that can't be."""
    register = Register(Path(arguments[arguments.index(_RUN_DIR) + 1], FOLDER))
    earlier = [pid for name in register.names() for pid in register.processes(name)]
    try:
        enter_user_namespace(BWRAP, earlier=earlier)
    except NoNamespace as failure:
        sys.exit(f"lambent-spawner: no user namespace: {failure}")
    program = ("-P", "-m", "lambent.sandbox.spawner.main")
    os.execv(sys.executable, [sys.executable, *program, *arguments])


def enter_user_namespace(bwrap: str, *, earlier: Iterable[int]) -> None:
    """Become root of a user namespace that has this user alone. Raises NoNamespace.

    `earlier` are first processes of sandboxes that an earlier spawner made: theirs is entered, since from another one they
    could not be bound. Danger: the calling process must have one thread, and there is no way back.
    """
    for pid in earlier:
        # One that is just ending has its namespaces no more: that looks like a missing permission.
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            _enter_parent_of(pid)
            return
    _enter_new(bwrap)


def _enter_parent_of(pid: int) -> None:
    own = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    try:
        parent = fcntl.ioctl(own, _NS_GET_PARENT)
    finally:
        os.close(own)
    try:
        kernel.setns(parent, kernel.CLONE_NEWUSER)
    finally:
        os.close(parent)


def _enter_new(bwrap: str) -> None:
    """Have bwrap make one, enter it, and let bwrap go: the namespace stays as long as anybody is in it."""
    # `cat` says back what it is told, once everything before it was done.
    argv = [bwrap, *_ROOT_OF_ITS_OWN, "--", "sh", "-c", "echo ready; exec cat"]
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin"},
        )
    except OSError as error:
        raise NoNamespace(f"{bwrap} could not be started: {error}") from error
    with process:
        try:
            _enter_that_of_the_child(process)
        finally:
            process.kill()


def _enter_that_of_the_child(process: "subprocess.Popen[bytes]") -> None:
    ready = process.stdout is not None and process.stdout.readline()
    if not ready:
        said = process.communicate()[1].decode(errors="replace").strip()
        raise NoNamespace(said or "bwrap said nothing")
    try:
        _enter(min(kin.descendants(process.pid)))
    except (OSError, ValueError) as error:
        raise NoNamespace(
            f"the user namespace that bwrap made can't be entered: {error}"
        ) from error


def _enter(pid: int) -> None:
    namespace = os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    try:
        kernel.setns(namespace, kernel.CLONE_NEWUSER)
    finally:
        os.close(namespace)


if __name__ == "__main__":
    main(sys.argv[1:])
