"""A transport without a network: what is written is kept, and it reads as slowly as a test likes."""

import asyncio
from collections.abc import Iterable
from typing import Any


class MemoryTransport(asyncio.Transport):
    """Keeps what is written. With `stuck` set, nothing leaves the write buffer until `read` is called."""

    def __init__(self, *, stuck: bool = False) -> None:
        super().__init__()
        self.written = b""
        self.stuck = stuck
        self.reading = True
        self.wrote_eof = self.closed = self.aborted = False
        self._unread = 0
        self._high = 65_536
        self._protocol: asyncio.BufferedProtocol | None = None
        self._paused = False

    def begin(self, protocol: asyncio.BufferedProtocol) -> None:
        """Connect."""
        self._protocol = protocol
        protocol.connection_made(self)

    def arrive(self, data: bytes) -> None:
        """Have `data` come in as the event loop would deliver it."""
        assert self._protocol is not None
        while data and not self.closed:
            assert self.reading, "bytes came while reading was paused"
            buffer = memoryview(self._protocol.get_buffer(-1)).cast("B")
            size = min(len(buffer), len(data))
            assert size, "an empty buffer to read into"
            buffer[:size] = data[:size]
            data = data[size:]
            self._protocol.buffer_updated(size)

    def end(self) -> None:
        """Have the client close its sending half."""
        assert self._protocol is not None
        if not self._protocol.eof_received():
            self.close()

    def lose(self) -> None:
        """Have the connection break."""
        assert self._protocol is not None
        self.closed = True
        self._protocol.connection_lost(ConnectionResetError())

    def read(self) -> None:
        """Have the client read everything."""
        self._unread = 0
        if self._paused and self._protocol is not None:
            self._paused = False
            self._protocol.resume_writing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        del name
        return default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        del low
        self._high = high or 65_536

    def get_write_buffer_size(self) -> int:
        return self._unread

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)
        if self.stuck:
            self._unread += len(data)
        if self._unread > self._high and not self._paused and self._protocol is not None:
            self._paused = True
            self._protocol.pause_writing()

    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        self.write(b"".join(list_of_data))

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.wrote_eof = True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True
