"""The spawner's program with guards switched off: it shows that an attack which the walls stop would succeed without them.

The first argument names the guards, with commas between; the others are the spawner's.
"""

import os
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Final

from lambent.sandbox.spawner import inside, kernel, limits, main, mounts, namespaces, seccomp

PLANTED: Final = 200
_ALLOW_ALL: Final = struct.pack("<HBBI", 0x06, 0, 0, 0x7FFF0000)


def _filter() -> None:
    _replace(seccomp, "build", lambda: _ALLOW_ALL)


def _masks() -> None:
    _replace(mounts, "_PROC_MASKED", ())
    _replace(mounts, "_PROC_READ_ONLY", ())


def _user() -> None:
    """The function is root in its own user namespace, with every capability there."""
    _replace(limits, "drop", lambda uid, *, filter_program, **_: seccomp.load(filter_program))


def _ipc() -> None:
    _replace(namespaces, "SANDBOX", namespaces.SANDBOX & ~kernel.CLONE_NEWIPC)


def _read_only() -> None:
    shown = kernel.NO_SETUID | kernel.NO_DEVICES
    _replace(namespaces, "_SHOWN", shown)


def _planted() -> None:
    """The spawner holds a descriptor that nothing would close by itself."""
    nothing = os.open("/dev/zero", os.O_RDONLY)
    os.dup2(nothing, PLANTED, inheritable=True)


def _descriptors() -> None:
    close = kernel.close_all_but
    _replace(kernel, "close_all_but", lambda kept: close((*kept, PLANTED)))


def _first_process() -> None:
    """Process 1 is the function's own user and may be looked into."""

    def be_init(plan: inside.Inside) -> None:
        plan.drop(limits.RUNTIME_UID)
        kernel.prctl(kernel.PR_SET_DUMPABLE, 1)

    _replace(inside.Inside, "be_init", be_init)


GUARDS: Final[Mapping[str, Callable[[], None]]] = {
    "filter": _filter,
    "masks": _masks,
    "user": _user,
    "ipc": _ipc,
    "read-only": _read_only,
    "planted": _planted,
    "descriptors": _descriptors,
    "first process": _first_process,
}


def _replace(where: object, name: str, what: object) -> None:
    if not hasattr(where, name):
        sys.exit(f"the guard {name} is no longer where it was")
    setattr(where, name, what)


if __name__ == "__main__":
    for guard in sys.argv.pop(1).split(","):
        GUARDS[guard]()
    main.main()
