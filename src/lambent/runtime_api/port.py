"""How the engine and a runtime speak, whatever the channel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from lambent.http.exchange import Application


@dataclass(frozen=True, slots=True, kw_only=True)
class StartOrder:
    """What turns a waiting interpreter into a function's runtime."""

    handler: str
    environ: Mapping[str, str]
    """The whole environment that the function sees."""


class InvokeOrder(Struct, frozen=True, kw_only=True):
    """One event for the runtime; a struct, because one is made for every call."""

    request_id: str
    deadline_epoch_ms: int
    invoked_arn: str
    trace_id: str
    client_context: str
    """JSON text, or empty."""
    payload: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class RuntimeFault:
    """An error as the runtime reported it."""

    error_type: str
    body: bytes
    """The JSON that the caller gets."""
    fatal: bool = False
    """The runtime ends after it: nothing more may be asked of it."""
    platform_words: str = ""
    """Instead of `body`, what the platform itself says: for caller and log, with the invocation's id before it."""


class RuntimeListener(Protocol):
    """Told, on the event loop, what a runtime does. After `broken` nothing more is told."""

    def runtime_waiting(self) -> None:
        """The interpreter is up and waits for its `StartOrder`."""
        ...

    def init_finished(self, *, peak_memory_bytes: int) -> None:
        """The handler is loaded; the runtime takes invocations."""
        ...

    def init_failed(self, error: RuntimeFault) -> None:
        """The handler could not be loaded; the runtime is about to exit."""
        ...

    def responded(self, request_id: str, body: bytes, *, peak_memory_bytes: int) -> None:
        """The handler returned `body`, at most 6,291,556 bytes, valid JSON unless the handler chose bytes."""
        ...

    def failed(self, request_id: str, error: RuntimeFault, *, peak_memory_bytes: int) -> None:
        """The handler raised, or its response was too large or not JSON."""
        ...

    def broken(self, reason: str) -> None:
        """The runtime broke the protocol or closed its end; the environment must end."""
        ...


class RuntimeChannel(Protocol):
    """The engine's end."""

    @property
    def runtime_api(self) -> Application:
        """What answers on 127.0.0.1:9001 inside."""
        ...

    def start(self, order: StartOrder) -> None:
        """Hand over the function; answered by `init_finished` or `init_failed`."""
        ...

    def invoke(self, order: InvokeOrder) -> None:
        """Hand over an event; answered by `responded` or `failed`. Only one at a time."""
        ...

    def close(self) -> None:
        """Stop reading and writing; nothing is told any more. May be called again."""
        ...
