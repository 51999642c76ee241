"""One request of a runtime, without a server."""

from collections.abc import Callable

from lambent.http.exchange import BodySink, Digest, Headers, RequestHead


class FakeExchange:
    """Remembers its answer; `sends` and `goes` play the client."""

    def __init__(
        self, method: bytes, path: bytes, headers: Headers = (), *, base: bytes = b"/2018-06-01"
    ) -> None:
        self.head = RequestHead(
            method=method,
            target=base + path,
            headers={name.lower(): value for name, value in headers},
            raw_headers=headers,
            content_length=None,
            peer="",
        )
        self.gone = False
        self.aborted = False
        self.answers: list[tuple[int, dict[bytes, bytes], bytes]] = []
        self._sink: BodySink | None = None

    def collect(
        self,
        *,
        limit: int,
        then: Callable[[bytes], None],
        too_large: Callable[[], None],
        digest: Digest | None = None,
    ) -> None:
        raise AssertionError("the Runtime API streams")

    def stream(self, sink: BodySink) -> None:
        self._sink = sink

    def sends(self, *pieces: bytes, whole: bool = True) -> None:
        """The client sends a body, and goes away before its end unless `whole`."""
        assert self._sink is not None
        for piece in pieces:
            self._sink.piece(piece)
        if whole:
            self._sink.end()
        else:
            self.gone = True
            self._sink.lost()

    def pause(self) -> None:
        raise AssertionError("not asked for")

    def resume(self) -> None:
        raise AssertionError("not asked for")

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        assert not self.answers
        if not self.gone:
            self.answers.append((status, dict(headers), body))

    def begin(self, status: int, headers: Headers) -> None:
        raise AssertionError("not asked for")

    def write(self, data: bytes) -> bool:
        raise AssertionError("not asked for")

    def drained(self, call: Callable[[], None]) -> None:
        raise AssertionError("not asked for")

    def finish(self) -> None:
        raise AssertionError("not asked for")

    def abort(self) -> None:
        self.aborted = True

    @property
    def status(self) -> int:
        """The answer's status; 0 when there is none yet."""
        return self.answers[0][0] if self.answers else 0

    @property
    def body(self) -> bytes:
        """The answer's body."""
        return self.answers[0][2]
