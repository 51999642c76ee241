"""Clients that a server must not suffer from, in a process of their own.

`python -m benchmarks.ill_mannered KIND HOST PORT` reads a request from standard input (its length in a line of its own, then its bytes), prints
`ready` once every client is at it, goes on until standard input ends, and prints what the clients did and how many connections they lost.
"""

import asyncio
import json
import random
import re
import resource
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Final

import uvloop

BULKY, IDLE, SLOW = "bulky", "idle", "slow"
_CLIENTS: Final = {BULKY: 4, IDLE: 1_000, SLOW: 100}
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)", re.IGNORECASE)
_NOW_AND_THEN_SECONDS: Final = 0.1
_SMALL_WINDOW: Final = 4_096
Way = Callable[[socket.socket, Callable[[], None]], Awaitable[None]]
"""How a client behaves on a connection; it calls its second argument once it is at it."""


class Crowd:
    """All clients of one kind."""

    def __init__(self, host: str, port: int, request: bytes) -> None:
        self._host, self._port, self._request = host, port, request
        self.done: Counter[str] = Counter()
        self._at_it: set[int] = set()
        self._all_at_it = asyncio.Event()
        self._turn = asyncio.Lock()

    async def behave(self, kind: str, clients: int, over: asyncio.Event) -> None:
        """Have `clients` go on until `over`; says when all are at it."""
        ways = {
            BULKY: [self._bulky],
            IDLE: [self._idle],
            SLOW: [self._slow_reader, self._slow_writer],
        }
        async with asyncio.TaskGroup() as group:
            tasks = []
            for number in range(clients):
                way = ways[kind][number % len(ways[kind])]
                begun = partial(self._begun, number, clients)
                tasks.append(group.create_task(self._again(way, begun)))
            tasks.append(group.create_task(self._say_when_ready()))
            await over.wait()
            for task in tasks:
                task.cancel()

    def _begun(self, number: int, of: int) -> None:
        self._at_it.add(number)
        if len(self._at_it) == of:
            self._all_at_it.set()

    async def _say_when_ready(self) -> None:
        await self._all_at_it.wait()
        print("ready", flush=True)

    async def _again(self, way: Way, begun: Callable[[], None]) -> None:
        """A client that is cut off comes back."""
        while True:
            try:
                async with self._connected() as connection:
                    await way(connection, begun)
            except OSError:
                self.done["lost"] += 1

    async def _bulky(self, connection: socket.socket, begun: Callable[[], None]) -> None:
        while True:
            await self._send(connection, self._request)
            await self._answer(connection)
            self.done["calls"] += 1
            begun()

    async def _idle(self, connection: socket.socket, begun: Callable[[], None]) -> None:
        async with self._turn:  # one after the other: what is idle afterwards was no crowd before
            await self._send(connection, self._request)
            await self._answer(connection)
        self.done["idle"] += 1
        begun()
        await self._receive(connection, 1)

    async def _slow_reader(self, connection: socket.socket, begun: Callable[[], None]) -> None:
        async with self._turn:
            await self._send(connection, self._request)
            await self._receive(connection, 1)
        begun()
        while True:
            await asyncio.sleep(_now_and_then())
            await self._receive(connection, 1)
            self.done["bytes"] += 1

    async def _slow_writer(self, connection: socket.socket, begun: Callable[[], None]) -> None:
        begun()
        for byte in self._request:
            await self._send(connection, bytes([byte]))
            self.done["bytes"] += 1
            await asyncio.sleep(_now_and_then())
        await self._answer(connection)

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[socket.socket]:
        with socket.socket() as connection:
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if len(self._request) < _SMALL_WINDOW:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_WINDOW)
            await asyncio.get_running_loop().sock_connect(connection, (self._host, self._port))
            yield connection

    async def _answer(self, connection: socket.socket) -> None:
        head = b""
        while (end := head.find(b"\r\n\r\n")) < 0:
            head += await self._receive(connection, 65_536)
        length = _LENGTH.search(head, 0, end)
        if not head.startswith(b"HTTP/1.1 200") or length is None:
            self.done[f"answered {head[9:12].decode(errors='replace')}"] += 1
            raise OSError("not what was asked for")
        missing = int(length[1]) - (len(head) - end - 4)
        while missing > 0:
            missing -= len(await self._receive(connection, min(missing, 1 << 20)))

    @staticmethod
    async def _send(connection: socket.socket, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(connection, data)

    @staticmethod
    async def _receive(connection: socket.socket, most: int) -> bytes:
        data = await asyncio.get_running_loop().sock_recv(connection, most)
        if not data:
            raise OSError("closed by the server")
        return data


def _now_and_then() -> float:
    return random.uniform(0.5, 1.5) * _NOW_AND_THEN_SECONDS


async def crowd(kind: str, host: str, port: int, request: bytes) -> Counter[str]:
    """What a crowd did until standard input ended."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), over.set)
    people = Crowd(host, port, request)
    await people.behave(kind, _CLIENTS[kind], over)
    return people.done


def main() -> None:
    """Be ill-mannered until standard input ends."""
    kind, host, port = sys.argv[1:]
    request = sys.stdin.buffer.read(int(sys.stdin.buffer.readline()))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    print(json.dumps(uvloop.run(crowd(kind, host, int(port), request))))


if __name__ == "__main__":
    main()
