"""The asking side of the spawner's socket: orders out, answers back in any order, a new connection when the spawner died."""

import asyncio
import json
import logging
import os
import socket
from array import array
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lambent.kit.backoff import Backoff

_logger = logging.getLogger(__name__)

_LARGEST_ORDER: Final = 1 << 17
_LARGEST_ANSWER: Final = 1 << 17
_MOST_DESCRIPTORS: Final = 16
_DELIVERIES: Final = 2
_HELLO_ID: Final = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The order was carried out; the descriptors are the receiver's."""

    result: Mapping[str, object]
    descriptors: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The order was not carried out."""

    reason: str


Told = Callable[[Done | Failed], None]
Held = Callable[[], Sequence[str]]


class _Pending:
    """An order that has no answer yet."""

    __slots__ = ("deliveries", "message", "sent", "timer", "told")

    def __init__(self, message: bytes, told: Told, timer: asyncio.TimerHandle) -> None:
        self.message, self.told, self.timer = message, told, timer
        self.sent, self.deliveries = False, 0


class Line:
    """Callbacks only: it never blocks, and owns no task. Use it on one event loop.

    When the spawner dies, the next one is told which sandboxes are held, and every order without an answer is repeated once:
    whatever the dead one had begun of a *make* is killed by that greeting, and the other orders may be carried out twice.
    """

    def __init__(
        self,
        *,
        path: Path,
        loop: asyncio.AbstractEventLoop,
        held: Held,
        stray: Callable[[Done], None],
        backoff: Backoff,
        patience_seconds: float,
    ) -> None:
        """`stray` gets what was done for an order that nobody waits for any more."""
        self._path, self._loop, self._held, self._stray = path, loop, held, stray
        self._backoff, self._patience_seconds = backoff, patience_seconds
        self._connection: socket.socket | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._attempt = 0
        self._next_id = _HELLO_ID
        self._pending: dict[int, _Pending] = {}
        self._unsent: deque[int] = deque()
        self._closed = False
        self.greeted: asyncio.Future[None] = loop.create_future()
        """Done whenever the spawner has answered the greeting of the present connection; another after each death."""

    def open(self) -> None:
        """Connect, now or as soon as there is a spawner."""
        self._retry = None
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        connection.setblocking(False)
        try:
            connection.connect(str(self._path))
        except OSError:  # there is none just now
            connection.close()
            self._attempt += 1
            self._retry = self._loop.call_later(self._backoff.before(self._attempt), self.open)
            return
        self._connection = connection
        self._loop.add_reader(connection.fileno(), self._read)
        greeting = {"id": _HELLO_ID, "order": "hello", "held": list(self._held())}
        self._deliver(connection, json.dumps(greeting).encode())

    def order(self, verb: str, fields: Mapping[str, object], told: Told) -> int:
        """Send an order; `told` is called once, later, with what became of it. Returns the order's id."""
        self._next_id += 1
        order_id = self._next_id
        message = json.dumps({"id": order_id, "order": verb, **fields}).encode()
        timer = self._loop.call_later(
            self._patience_seconds,
            lambda: self._settle(order_id, Failed(reason="the spawner does not answer")),
        )
        self._pending[order_id] = _Pending(message, told, timer)
        refusal = None
        if self._closed:
            refusal = Failed(reason="the line is closed")
        elif len(message) > _LARGEST_ORDER:
            refusal = Failed(reason="the order is too long")
        if refusal is not None:
            self._loop.call_soon(self._settle, order_id, refusal)
            return order_id
        self._unsent.append(order_id)
        self._flush()
        return order_id

    def withdraw(self, order_id: int) -> None:
        """Nobody waits for this order any more: it is not sent, or what was done of it goes to `stray`."""
        pending = self._pending.get(order_id)
        if pending is None:
            return
        pending.told = self._swallow
        if not pending.sent:
            self._settle(order_id, Failed(reason="withdrawn"))

    def close(self) -> None:
        """Hang up, at which the spawner ends every sandbox made over this line; orders without an answer fail."""
        self._closed = True
        if self._retry is not None:
            self._retry.cancel()
        self._hang_up()
        for order_id in list(self._pending):
            self._settle(order_id, Failed(reason="the line is closed"))
        self.greeted.cancel()

    def _swallow(self, reply: Done | Failed) -> None:
        if isinstance(reply, Done):
            self._stray(reply)

    def _flush(self) -> None:
        connection = self._connection
        if connection is None or not self.greeted.done():
            return
        while self._unsent:
            pending = self._pending.get(self._unsent[0])
            if pending is not None and not self._deliver(connection, pending.message):
                return
            self._unsent.popleft()
            if pending is not None:
                pending.sent, pending.deliveries = True, pending.deliveries + 1
        self._loop.remove_writer(connection.fileno())

    def _deliver(self, connection: socket.socket, message: bytes) -> bool:
        """Send one message; False when there was no room, or nobody to take it: it is sent later then."""
        try:
            connection.send(message)
        except BlockingIOError:
            self._loop.add_writer(connection.fileno(), self._flush)
            return False
        except OSError:
            self._loop.call_soon(self._lost, connection)
            return False
        return True

    def _read(self) -> None:
        while (connection := self._connection) is not None:
            try:
                message, descriptors = _receive(connection)
            except BlockingIOError:
                return
            except OSError:
                message, descriptors = b"", []
            if not message:
                self._lost(connection)
                return
            self._hear(message, descriptors)

    def _hear(self, message: bytes, descriptors: Sequence[int]) -> None:
        answer = json.loads(message)
        order_id = answer["id"]
        reply = (
            Done(result=answer["done"], descriptors=descriptors)
            if "done" in answer
            else Failed(reason=answer["failed"])
        )
        if order_id == _HELLO_ID:
            self._greeted(reply)
        else:
            self._settle(order_id, reply)

    def _greeted(self, reply: Done | Failed) -> None:
        if isinstance(reply, Failed):
            _logger.error("the spawner refuses the greeting: %s", reply.reason)
            return
        self._attempt = 0
        if not self.greeted.done():
            self.greeted.set_result(None)
        self._flush()

    def _settle(self, order_id: int | None, reply: Done | Failed) -> None:
        pending = self._pending.pop(order_id, None) if order_id is not None else None
        if pending is not None:
            pending.timer.cancel()
            pending.told(reply)
        else:
            self._swallow(reply)

    def _lost(self, connection: socket.socket) -> None:
        """The spawner is gone: greet the next one, and ask again what was not answered."""
        if connection is not self._connection:
            return
        _logger.warning("the spawner hung up; %d orders wait for another", len(self._pending))
        self._hang_up()
        if self.greeted.done():
            self.greeted = self._loop.create_future()
        self._unsent.clear()
        for order_id, pending in list(self._pending.items()):
            if pending.deliveries >= _DELIVERIES:
                reason = "the spawner died twice while it carried the order out"
                self._settle(order_id, Failed(reason=reason))
            elif pending.told == self._swallow:
                self._settle(order_id, Failed(reason="withdrawn"))
            else:
                pending.sent = False
                self._unsent.append(order_id)
        if not self._closed:
            self.open()

    def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            self._loop.remove_reader(connection.fileno())
            self._loop.remove_writer(connection.fileno())
            connection.close()


def _receive(connection: socket.socket) -> tuple[bytes, Sequence[int]]:
    # Not socket.recv_fds: it drops its flags (CPython 3.11), and the descriptors would be inherited.
    message, ancillary, _, _ = connection.recvmsg(
        _LARGEST_ANSWER,
        socket.CMSG_SPACE(_MOST_DESCRIPTORS * array("i").itemsize),
        socket.MSG_CMSG_CLOEXEC,
    )
    descriptors = array("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return message, list(descriptors)


def close_all(descriptors: Sequence[int]) -> None:
    """Close descriptors that came with an answer."""
    for descriptor in descriptors:
        os.close(descriptor)
