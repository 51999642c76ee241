"""Waits for descriptors and calls whoever watches them: the spawner has one thread and no other loop."""

import selectors
from collections.abc import Callable

_Call = Callable[[], None]


class Reactor:
    """Calls back when descriptors can be read or written, and now and then while somebody asks for it."""

    def __init__(self) -> None:
        self._selector = selectors.EpollSelector()
        self._soon: list[_Call] = []

    def on_readable(self, descriptor: int, call: _Call) -> None:
        """Call `call` whenever `descriptor` can be read, until `forget`."""
        self._selector.register(descriptor, selectors.EVENT_READ, call)

    def watch_writing(self, descriptor: int, call: _Call, *, wanted: bool) -> None:
        """From now on call `call` also (or no longer) whenever a watched descriptor can be written."""
        writing = selectors.EVENT_WRITE if wanted else 0
        self._selector.modify(descriptor, selectors.EVENT_READ | writing, call)

    def forget(self, descriptor: int) -> None:
        """Stop watching, before the descriptor is closed."""
        self._selector.unregister(descriptor)

    def shortly(self, call: _Call) -> None:
        """Call `call` once, a few milliseconds from now at the latest."""
        self._soon.append(call)

    def turn(self) -> None:
        """Wait for something to happen and make the calls it asks for."""
        ready = self._selector.select(0.004 if self._soon else None)
        for key, _ in ready:
            # An earlier call of this turn may have closed it, and the number may be another's by now.
            if self._selector.get_map().get(key.fd) is key:
                key.data()
        soon, self._soon = self._soon, []
        for call in soon:
            call()
