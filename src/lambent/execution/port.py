"""What execution offers to the floors above, and what it asks to be given."""

import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

from lambent.model.errors import ServiceError
from lambent.model.function import FunctionKey, FunctionVersion
from lambent.model.invocation import Outcome
from lambent.model.logs import LogStreamKey
from lambent.model.traffic import Traffic
from lambent.runtime_api.port import RuntimeChannel, RuntimeListener
from lambent.sandbox.port import RootPlan, Sandbox

Settle = Callable[[Outcome | ServiceError], None]
"""Called exactly once, on the event loop, with what became of an invocation."""


class InstalledRuntime(Protocol):
    """An interpreter of this host with its bootstrap."""

    @property
    def identifier(self) -> str:
        """AWS's identifier, such as `python3.11`."""
        ...

    @property
    def root(self) -> RootPlan:
        """What the read-only root is made of."""
        ...

    @property
    def argv(self) -> Sequence[str]:
        """What to execute inside."""
        ...

    @property
    def late(self) -> Sequence[str]:
        """Where `argv` is empty: the function's own programs, of which the first that is there is executed."""
        ...

    @property
    def environ(self) -> Mapping[str, str]:
        """What the interpreter itself needs."""
        ...

    @property
    def version(self) -> str:
        """The runtime version as INIT_START shows it, such as `python:3.11.7`."""
        ...

    @property
    def digest(self) -> str:
        """64 hexadecimal digits that name this very interpreter and bootstrap."""
        ...


class Runtimes(Protocol):
    """The runtimes that this host has."""

    def find(self, identifier: str) -> InstalledRuntime | None:
        """The runtime of that identifier, if it is installed."""
        ...


class CurrentFunctions(Protocol):
    """The catalogue as the edge knows it."""

    def find(self, key: FunctionKey) -> FunctionVersion | None:
        """What an invocation of `key` runs now: the active version, else the one that waits to be active."""
        ...

    def traffic(self, key: FunctionKey) -> Traffic | None:
        """Aliases and concurrency of the function whose $LATEST is `key`; None when it has neither."""
        ...


class OutputCapture(Protocol):
    """Takes a function's output to its log stream, with the platform's own lines in between."""

    def line(self, text: str) -> None:
        """Add a platform line behind whatever was read so far; a newline inside `text` stays in the one event."""
        ...

    def record(self, data: bytes) -> None:
        """Add whole platform lines, each of them an event, behind whatever was read so far."""
        ...

    def begin(self, *, wants_tail: bool) -> None:
        """An invocation begins: forget the tail, and keep a new one if it is wanted."""
        ...

    def drain(self) -> None:
        """Read what the function has written so far, bounded."""
        ...

    def tail(self) -> bytes:
        """The last 4 KiB since `begin`; empty when no tail was wanted."""
        ...

    def close(self) -> None:
        """Stop reading; what was read is still stored."""
        ...


class CaptureFactory(Protocol):
    """Begins to capture the output of a sandbox."""

    def __call__(self, *, output: int, key: LogStreamKey) -> OutputCapture:
        """Read the pipe `output` into the stream `key`."""
        ...


class VariablesBuilder(Protocol):
    """Makes the whole environment that a function sees."""

    def __call__(self, function: FunctionVersion, *, log_stream: str) -> Mapping[str, str]:
        """The variables of one execution environment of `function`."""
        ...


ChannelFactory = Callable[[InstalledRuntime, Sandbox, RuntimeListener], RuntimeChannel]
"""Speaks to the runtime in a sandbox and tells the listener."""


class Inside(StrEnum):
    """What listens on the loopback inside a sandbox."""

    RUNTIME_API = "runtime API"
    ENDPOINT = "endpoint"


class Closeable(Protocol):
    """Something that serves until it is closed."""

    def close(self) -> None:
        """Stop serving; may be called again."""
        ...


Serve = Callable[[socket.socket, Inside, RuntimeChannel], Awaitable[Closeable]]
"""Serves a listener inside a sandbox, whose runtime is spoken to by that channel; its connections end with it."""
