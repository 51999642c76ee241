"""An HTTP exchange without a socket."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Self

from lambent.http.exchange import BodySink, Digest, Headers, RequestHead
from lambent.wire.protocol import WireRequest


class MemoryExchange:
    """An Exchange whose body is there; keeps what is answered."""

    def __init__(
        self,
        method: str = "GET",
        target: str = "/",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> None:
        pairs = {k.lower().encode(): v.encode() for k, v in (headers or {}).items()}
        self._head = RequestHead(
            method=method.encode(),
            target=target.encode(),
            headers={b"host": b"127.0.0.1:4566", **pairs},
            raw_headers=tuple(pairs.items()),
            content_length=len(body),
            peer="127.0.0.1",
        )
        self._body = body
        self.gone = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.ended = self.aborted = False
        self.slow = False
        """Whether whoever writes must wait for `drained`."""
        self.answered = asyncio.Event()
        self.waiting: list[Callable[[], None]] = []

    @classmethod
    def of(cls, request: WireRequest) -> Self:
        """An exchange of any bytes at all."""
        exchange = cls()
        exchange._body = request.body
        exchange._head = RequestHead(
            method=request.method,
            target=request.target,
            headers=request.headers,
            raw_headers=tuple(request.headers.items()),
            content_length=len(request.body),
            peer="127.0.0.1",
        )
        return exchange

    @property
    def head(self) -> RequestHead:
        return self._head

    def collect(
        self,
        *,
        limit: int,
        then: Callable[[bytes], None],
        too_large: Callable[[], None],
        digest: Digest | None = None,
    ) -> None:
        if len(self._body) > limit:
            too_large()
        else:
            if digest is not None:
                digest.update(self._body)
            then(self._body)

    def respond(self, status: int, headers: Headers, body: bytes) -> None:
        if self.status:
            raise RuntimeError("answered twice")
        self.begin(status, headers)
        self.body = body
        self.finish()

    def stream(self, sink: BodySink) -> None:
        raise NotImplementedError

    def pause(self) -> None:
        raise NotImplementedError

    def resume(self) -> None:
        raise NotImplementedError

    def begin(self, status: int, headers: Headers) -> None:
        self.status = status
        self.headers = {k.decode().lower(): v.decode() for k, v in headers}

    def write(self, data: bytes) -> bool:
        self.body += data
        return not self.slow

    def drained(self, call: Callable[[], None]) -> None:
        self.waiting.append(call)

    def finish(self) -> None:
        self.ended = True
        self.answered.set()

    def abort(self) -> None:
        self.aborted = True
