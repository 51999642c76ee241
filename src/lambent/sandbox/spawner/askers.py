"""A connection of somebody who asks for sandboxes: one message an order, one message an answer, descriptors alongside."""

import json
import os
import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from lambent.sandbox.spawner.reactor import Reactor

_LARGEST_ORDER: Final = 1 << 18
_MOST_UNSENT: Final = 4096
_LONGEST_REASON: Final = 2000

Heard = Callable[["Asker", bytes], None]
Left = Callable[["Asker"], None]


class Asker:
    """One connection, from the first order until the other side closes."""

    def __init__(
        self, connection: socket.socket, *, reactor: Reactor, heard: Heard, left: Left
    ) -> None:
        connection.setblocking(False)
        self._connection, self._reactor = connection, reactor
        self._heard, self._left = heard, left
        self._unsent: deque[tuple[bytes, Sequence[int]]] = deque()
        self._awaits_room = False
        self.open = True
        reactor.on_readable(connection.fileno(), self._serve)

    def send(self, message: bytes, descriptors: Sequence[int]) -> None:
        """Send an answer, now or as soon as the other side takes it; `descriptors` are closed here, whatever happens."""
        if not self.open:
            _close(descriptors)
            return
        self._unsent.append((message, descriptors))
        if len(self._unsent) == 1:
            self._flush()
        elif len(self._unsent) > _MOST_UNSENT:  # it asks and never listens
            self.close()

    def close(self) -> None:
        """Hang up; whoever was told of the connection is told that it is gone."""
        if not self.open:
            return
        self.open = False
        self._reactor.forget(self._connection.fileno())
        self._connection.close()
        while self._unsent:
            _close(self._unsent.popleft()[1])
        self._left(self)

    def _serve(self) -> None:
        if self._unsent:
            self._flush()
        if not self.open:
            return
        try:
            # No room for descriptors is offered: any that come along are let go by the kernel.
            order, _, flags, _ = self._connection.recvmsg(_LARGEST_ORDER)
        except BlockingIOError:
            return
        except OSError:
            order, flags = b"", 0
        if not order:
            self.close()
        elif flags & socket.MSG_TRUNC:
            Answer(self, None).failed("the order is too long")
        else:
            self._heard(self, order)

    def _flush(self) -> None:
        while self._unsent:
            message, descriptors = self._unsent[0]
            try:
                socket.send_fds(self._connection, [message], descriptors)
            except BlockingIOError:
                self._await_room(wanted=True)
                return
            except OSError:
                self.close()
                return
            self._unsent.popleft()
            _close(descriptors)
        self._await_room(wanted=False)

    def _await_room(self, *, wanted: bool) -> None:
        if wanted is not self._awaits_room:
            self._awaits_room = wanted
            self._reactor.watch_writing(self._connection.fileno(), self._serve, wanted=wanted)


class Answer:
    """The answer that one order waits for."""

    def __init__(self, asker: Asker, order_id: int | None) -> None:
        self._asker, self._order_id = asker, order_id

    def done(self, result: Mapping[str, object], descriptors: Sequence[int] = ()) -> None:
        """Say that it was done; `descriptors` go along, and are closed here."""
        message = {"id": self._order_id, "done": result}
        self._asker.send(json.dumps(message).encode(), descriptors)

    def failed(self, reason: str) -> None:
        """Say why it was not done."""
        message = {"id": self._order_id, "failed": reason[:_LONGEST_REASON]}
        self._asker.send(json.dumps(message).encode(), ())


def _close(descriptors: Sequence[int]) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
