"""Waits for sockets and for deadlines that are all equally long."""

import selectors
import socket
from collections import OrderedDict
from collections.abc import Callable

from lambent.kit.clock import Clock

Call = Callable[[], None]


class Deadlines:
    """Calls what was not forgotten within `seconds`."""

    def __init__(self, seconds: float, *, clock: Clock) -> None:
        self._seconds, self._clock = seconds, clock
        self._due: OrderedDict[object, tuple[float, Call]] = OrderedDict()

    def set(self, of: object, late: Call) -> None:
        """Call `late` unless `forget` or another `set` comes in time."""
        self._due.pop(of, None)
        self._due[of] = (self._clock.monotonic() + self._seconds, late)

    def forget(self, of: object) -> None:
        """It came in time."""
        self._due.pop(of, None)

    def left(self) -> float | None:
        """Seconds until the next; None when nothing is awaited."""
        for due, _ in self._due.values():
            return max(0.0, due - self._clock.monotonic())
        return None

    def turn(self) -> None:
        """Make the calls that are due."""
        now = self._clock.monotonic()
        while self._due:
            of, (due, late) = next(iter(self._due.items()))
            if due > now:
                return
            del self._due[of]
            late()


class Loop:
    """Calls back when sockets are ready."""

    def __init__(self) -> None:
        self._selector = selectors.EpollSelector()

    def watch(self, sock: socket.socket, ready: Call, *, writing: bool = False) -> None:
        """Call `ready` when `sock` can be read, or with `writing` written, in place of what was asked before."""
        event = selectors.EVENT_WRITE if writing else selectors.EVENT_READ
        if sock.fileno() in self._selector.get_map():
            self._selector.modify(sock, event, ready)
        else:
            self._selector.register(sock, event, ready)

    def close(self, sock: socket.socket) -> None:
        """Forget a socket and close it."""
        if sock.fileno() in self._selector.get_map():
            self._selector.unregister(sock)
        sock.close()

    def close_all(self) -> None:
        """Close every socket that is watched."""
        for key in list(self._selector.get_map().values()):
            if isinstance(key.fileobj, socket.socket):
                key.fileobj.close()
        self._selector.close()

    def turn(self, seconds: float | None) -> None:
        """Wait at most so long and make the calls."""
        for key, _ in self._selector.select(seconds):
            # An earlier call of this turn may have closed it, and the number may be another's by now.
            if self._selector.get_map().get(key.fd) is key:
                key.data()
