"""An HTTP exchange that hands over a body at once and keeps the answer."""

from collections.abc import Callable

from lambent.http.exchange import BodySink, Digest, Headers, RequestHead


class FakeExchange:
    """One request and its answer."""

    def __init__(
        self, target: bytes, body: bytes = b"", headers: dict[bytes, bytes] | None = None
    ) -> None:
        headers = headers or {}
        self.head = RequestHead(
            method=b"POST",
            target=target,
            headers=headers,
            raw_headers=list(headers.items()),
            content_length=len(body),
            peer="127.0.0.1",
        )
        self.gone = False
        self.answers: list[tuple[int, Headers, bytes]] = []
        self._body = body

    def collect(
        self,
        *,
        limit: int,
        then: Callable[[bytes], None],
        too_large: Callable[[], None],
        digest: Digest | None = None,
    ) -> None:
        """Hand the body over."""
        if len(self._body) > limit:
            too_large()
        else:
            if digest is not None:
                digest.update(self._body)
            then(self._body)

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        """Keep the answer."""
        self.answers.append((status, headers, body))

    def stream(self, sink: BodySink) -> None:
        """Not for Invoke."""
        raise NotImplementedError

    def pause(self) -> None:
        """Not for Invoke."""
        raise NotImplementedError

    def resume(self) -> None:
        """Not for Invoke."""
        raise NotImplementedError

    def begin(self, status: int, headers: Headers) -> None:
        """Not for Invoke."""
        raise NotImplementedError

    def write(self, data: bytes) -> bool:
        """Not for Invoke."""
        raise NotImplementedError

    def drained(self, call: Callable[[], None]) -> None:
        """Not for Invoke."""
        raise NotImplementedError

    def finish(self) -> None:
        """Not for Invoke."""
        raise NotImplementedError

    def abort(self) -> None:
        """Not for Invoke."""
        raise NotImplementedError

    @property
    def status(self) -> int:
        """Of the one answer."""
        ((status, _, _),) = self.answers
        return status

    @property
    def answer_headers(self) -> dict[str, str]:
        """Of the one answer."""
        ((_, headers, _),) = self.answers
        return {name.decode(): value.decode() for name, value in headers}

    @property
    def answer_body(self) -> bytes:
        """Of the one answer."""
        ((_, _, body),) = self.answers
        return body
