"""The runtime's end of the framed channel (docs/architecture.md, "Frames of the channel")."""

from __future__ import annotations

import os
import resource
import struct

START = 1
INVOKE = 2
WAITING = 16
INIT_DONE = 17
INIT_ERROR = 18
RESPONSE = 19
ERROR = 20

_HEADER = struct.Struct("<B3xII")
_GULP = 65_536
_ROOM_ABOVE = 24
_ORDINARY_FILES = 1_024


class Closed(Exception):
    """The engine has closed its end: nothing more is wanted of this runtime."""


class Channel:
    """Frames over two blocking descriptors, which a function's own code neither inherits nor meets by chance."""

    def __init__(self, requests: int, responses: int) -> None:
        self._requests, self._responses = requests, responses
        self._owner = os.getpid()
        self._rest = b""

    @classmethod
    def out_of_the_way(cls, requests: int, responses: int) -> Channel:
        """Take over two descriptors, moved to the upper end of what the process may open."""
        soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        top = _ORDINARY_FILES if soft == resource.RLIM_INFINITY else min(soft, _ORDINARY_FILES)
        channel = cls(_moved(requests, top - _ROOM_ABOVE), _moved(responses, top - _ROOM_ABOVE + 1))
        # A forked child that kept the write end would hide this process's death from the engine.
        os.register_at_fork(after_in_child=channel.close)
        return channel

    @property
    def descriptors(self) -> tuple[int, int]:
        """The two descriptors: requests, responses."""
        return self._requests, self._responses

    def close(self) -> None:
        """Close both ends in this process; to send then ends the process."""
        for descriptor in (self._requests, self._responses):
            try:
                os.close(descriptor)
            except OSError:  # noqa: PERF203  # each by itself: the function's own code closed it already
                continue
        self._requests = self._responses = self._owner = -1

    def receive(self) -> tuple[int, bytes, bytes | bytearray]:
        """The next frame: kind, meta, body. Raises Closed when the engine has gone."""
        data = self._rest or self._read()
        while len(data) < _HEADER.size:
            data += self._read()
        kind, meta_length, body_length = _HEADER.unpack_from(data)
        body_at = _HEADER.size + meta_length
        total = body_at + body_length
        if len(data) < total:
            return self._receive_long(kind, data, body_at, total)
        self._rest = data[total:]
        return kind, data[_HEADER.size : body_at], data[body_at:total]

    def _receive_long(
        self, kind: int, data: bytes, body_at: int, total: int
    ) -> tuple[int, bytes, bytes | bytearray]:
        whole = bytearray(total)
        whole[: len(data)] = data
        with memoryview(whole) as view:
            have = len(data)
            while have < total:
                count = os.readv(self._requests, [view[have:]])
                if not count:
                    raise Closed
                have += count
            meta = bytes(view[_HEADER.size : body_at])
        self._rest = b""
        del whole[:body_at]  # a bytearray drops its head without moving the rest
        return kind, meta, whole

    def _read(self) -> bytes:
        data = os.read(self._requests, _GULP)
        if not data:
            raise Closed
        return data

    def send(self, kind: int, meta: bytes, body: bytes = b"") -> None:
        """Send one frame whole."""
        self._end_a_forked_child()
        head = _HEADER.pack(kind, len(meta), len(body)) + meta
        if len(body) <= _GULP:
            data = head + body
            sent = os.write(self._responses, data)
            if sent < len(data):
                self._send_rest(memoryview(data)[sent:])
            return
        self._send_rest(memoryview(head))
        self._send_rest(memoryview(body))

    def _send_rest(self, view: memoryview) -> None:
        while view:
            view = view[os.write(self._responses, view) :]

    def _end_a_forked_child(self) -> None:
        # A handler that forks and lets the child return must not answer twice. The pid is asked for each time,
        # because a fork in C code does not call what register_at_fork was given.
        if self._owner != os.getpid():
            os._exit(0)


def peak_memory_bytes() -> int:
    """The most resident memory that this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _moved(descriptor: int, to: int) -> int:
    os.set_blocking(descriptor, True)
    if descriptor != to:
        os.dup2(descriptor, to, inheritable=False)
        os.close(descriptor)
    else:
        os.set_inheritable(descriptor, False)
    return to
