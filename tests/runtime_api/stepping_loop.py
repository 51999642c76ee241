"""An event loop that watches descriptors and calls back only when it is told to take a step."""

import select
from collections.abc import Callable


class SteppingLoop:
    """As much of a loop as a channel needs."""

    def __init__(self) -> None:
        self.readers: dict[int, Callable[[], object]] = {}
        self.writers: dict[int, Callable[[], object]] = {}
        self._soon: list[Callable[[], object]] = []

    def add_reader(self, fd: int, callback: Callable[[], object], /) -> None:
        self.readers[fd] = callback

    def remove_reader(self, fd: int, /) -> bool:
        return self.readers.pop(fd, None) is not None

    def add_writer(self, fd: int, callback: Callable[[], object], /) -> None:
        self.writers[fd] = callback

    def remove_writer(self, fd: int, /) -> bool:
        return self.writers.pop(fd, None) is not None

    def call_soon(self, callback: Callable[[], object], /) -> object:
        self._soon.append(callback)
        return None

    def step(self) -> bool:
        """Call back whoever is ready now; whether anybody was."""
        soon, self._soon = self._soon, []
        ready = list(soon)
        if self.readers or self.writers:
            readable, writable, _ = select.select(list(self.readers), list(self.writers), [], 0)
            ready += [self.readers[fd] for fd in readable] + [self.writers[fd] for fd in writable]
        for call in ready:
            call()
        return bool(ready)

    def settle(self) -> None:
        """Step until nobody is ready any more."""
        while self.step():
            continue
