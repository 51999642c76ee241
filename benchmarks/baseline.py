"""The trivial server that lambent is compared with: uvloop and httptools, a body in, a short body out, nothing between.

`python -m benchmarks.baseline` prints its port and serves until its standard input is closed.
"""

import asyncio
import sys

import httptools
import uvloop

BODY = b'{"n": 1}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY


class TrivialServer(asyncio.Protocol):
    """Parses each request whole, headers and all, and gives every one the same answer."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._headers: dict[bytes, bytes] = {}
        self._body = b""
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._headers, self._body = {}, b""
        self._transport.write(ANSWER)  # type: ignore[attr-defined]  # a TCP transport


async def serve() -> None:
    """Serve until standard input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(TrivialServer, "127.0.0.1", 0)
    over = asyncio.Event()
    loop.add_reader(sys.stdin.fileno(), over.set)
    print(server.sockets[0].getsockname()[1], flush=True)
    await over.wait()
    server.close()


if __name__ == "__main__":
    uvloop.run(serve())
