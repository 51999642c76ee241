"""One HTTP request and its answer, as the applications above see it."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

Headers = Sequence[tuple[bytes, bytes]]


class RequestHead(NamedTuple):
    """A request without its body. A tuple, because one is made for every request: a frozen dataclass costs four times that."""

    method: bytes
    """Upper case."""
    target: bytes
    """As sent: path and query, still percent-encoded."""
    headers: Mapping[bytes, bytes]
    """Names in lower case; a name sent twice is joined by a comma, as RFC 9110 allows."""
    raw_headers: Headers
    """Names and values as sent, in their order."""
    content_length: int | None
    """None when the body is chunked or absent."""
    peer: str
    """Address of the client; empty on a unix socket."""

    @property
    def path(self) -> bytes:
        """The target before its query."""
        return self.target.partition(b"?")[0]

    @property
    def query(self) -> bytes:
        """The target's query, without the question mark."""
        return self.target.partition(b"?")[2]


class Digest(Protocol):
    """Takes in a body as it comes, as hashlib's hashes do."""

    def update(self, data: bytes | memoryview, /) -> None:
        """The next piece."""
        ...


class BodySink(Protocol):
    """Takes a request's body piece by piece."""

    def piece(self, data: bytes) -> None:
        """The next piece."""
        ...

    def end(self) -> None:
        """The body is whole."""
        ...

    def lost(self) -> None:
        """The client went away before its body was whole."""
        ...


class Exchange(Protocol):
    """A request whose head has come. Decide at once: `collect`, `stream` or `respond`."""

    @property
    def head(self) -> RequestHead:
        """The request without its body."""
        ...

    @property
    def gone(self) -> bool:
        """Whether the client has closed its connection; responding is then a no-op."""
        ...

    def collect(
        self,
        *,
        limit: int,
        then: Callable[[bytes], None],
        too_large: Callable[[], None],
        digest: Digest | None = None,
    ) -> None:
        """Read the whole body, then call `then`; over `limit` bytes call `too_large` instead.

        `digest` has taken in all of the body when `then` is called: of a large one, little by little.
        Answers `Expect: 100-continue`. A client that goes away before the body is whole calls neither.
        """
        ...

    def stream(self, sink: BodySink) -> None:
        """Hand over the body as it comes; `pause` and `resume` hold it back."""
        ...

    def pause(self) -> None:
        """Stop reading the body for now."""
        ...

    def resume(self) -> None:
        """Read on."""
        ...

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """Send the whole answer; `Date` and `Content-Length` are added. A second answer raises RuntimeError."""
        ...

    def begin(self, status: int, headers: Headers) -> None:
        """Begin a streamed answer: with `Content-Length` among `headers` as it is, else chunked."""
        ...

    def write(self, data: bytes) -> bool:
        """Send a piece of a streamed answer; False asks to wait for `drained`."""
        ...

    def drained(self, call: Callable[[], None]) -> None:
        """Call `call` once the client has read enough for more to be sent, or went away."""
        ...

    def finish(self) -> None:
        """End a streamed answer."""
        ...

    def abort(self) -> None:
        """Close the connection without a proper end: the answer begun cannot be completed."""
        ...


class Application(Protocol):
    """What a server serves."""

    def begin(self, exchange: Exchange) -> None:
        """A request's head has come. An exception raised here is answered 500 and logged."""
        ...
