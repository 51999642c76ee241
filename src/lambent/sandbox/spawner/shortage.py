"""What happens when the memory of a sandbox is used up: the kernel of cgroup v1 kills one process, and here the rest follows."""

import os
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from lambent.sandbox.spawner.reactor import Reactor

_LOOKS: Final = 250
"""A second or so: the kernel says that it is about to kill before it has picked whom, and picks nobody where memory came free
meanwhile."""


class Shortage:
    """Calls `strike` once the kernel has killed something in a sandbox for want of memory."""

    def __init__(
        self,
        *,
        descriptor: int,
        reactor: Reactor,
        has_killed: Callable[[], bool],
        strike: Callable[[], None],
    ) -> None:
        """Watch the eventfd `descriptor`, which is its own from here on; what has been killed already counts too."""
        self._descriptor, self._reactor = descriptor, reactor
        self._has_killed, self._strike = has_killed, strike
        self._looks_left, self._watching = 0, True
        reactor.on_readable(descriptor, self._told)
        self._begin_to_look(looks=1)

    def _told(self) -> None:
        with suppress(BlockingIOError):
            os.eventfd_read(self._descriptor)
        self._begin_to_look(looks=_LOOKS)

    def _begin_to_look(self, *, looks: int) -> None:
        looking = self._looks_left > 0
        self._looks_left = looks
        if not looking:
            self._look()

    def _look(self) -> None:
        if not self._watching:
            return
        self._looks_left -= 1
        if self._has_killed():
            self._looks_left = 0
            self._strike()
        elif self._looks_left > 0:
            self._reactor.shortly(self._look)

    def close(self) -> None:
        """Watch no longer. May be called again."""
        if self._watching:
            self._watching = False
            self._reactor.forget(self._descriptor)
            os.close(self._descriptor)
