"""Network namespaces that the calling thread, the only one of its process, makes and works in for a while."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from lambent.sandbox.spawner import kernel

_OWN: Final = "/proc/thread-self/ns/net"


def current() -> int:
    """A descriptor of the namespace that the caller is in."""
    return os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)


def make() -> int:
    """A descriptor of a new namespace; it and what is in it go with the last descriptor, socket and process of it."""
    home = current()
    try:
        kernel.unshare(kernel.CLONE_NEWNET)
        try:
            return current()
        finally:
            kernel.setns(home, kernel.CLONE_NEWNET)
    finally:
        os.close(home)


@contextmanager
def inside(namespace: int) -> Iterator[None]:
    """Work in a namespace: sockets and programs started here belong to it, and /proc/sys/net shows it."""
    home = current()
    try:
        kernel.setns(namespace, kernel.CLONE_NEWNET)
        try:
            yield
        finally:
            kernel.setns(home, kernel.CLONE_NEWNET)
    finally:
        os.close(home)
