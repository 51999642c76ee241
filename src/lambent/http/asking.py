"""One bodiless call of a UnixClient, awaited rather than told of."""

import asyncio
from typing import Protocol

from lambent.http.call import AnswerSink, Call
from lambent.http.exchange import Headers


class CallFailed(Exception):
    """There was no whole answer; the text says why."""


class Caller(Protocol):
    """Whom to ask; `http.client.UnixClient` is one."""

    def call(
        self, *, method: bytes, target: bytes, headers: Headers, chunked: bool, sink: AnswerSink
    ) -> Call:
        """Send a request."""
        ...


async def ask(client: Caller, *, method: bytes, target: bytes) -> tuple[int, bytes]:
    """Status and body of the answer to a request without a body.

    Raises CallFailed. Cancelling drops the call; the caller limits the time.
    """
    answer = _Whole()
    call = client.call(
        method=method,
        target=target,
        headers=((b"Host", b"localhost"), (b"Content-Length", b"0")),
        chunked=False,
        sink=answer,
    )
    call.end()
    try:
        return await answer.whole
    finally:
        call.cancel()


class _Whole:
    """The AnswerSink of `ask`."""

    def __init__(self) -> None:
        self.whole: asyncio.Future[tuple[int, bytes]] = asyncio.get_running_loop().create_future()
        self._status, self._body = 0, bytearray()

    def writable(self) -> None:
        """There is no body to send."""

    def answer_begun(self, status: int, headers: Headers) -> None:
        """Keep the status."""
        self._status = status

    def answer_piece(self, data: bytes) -> None:
        """Keep a piece."""
        self._body += data

    def answer_ended(self) -> None:
        """The answer is whole."""
        if not self.whole.done():
            self.whole.set_result((self._status, bytes(self._body)))

    def failed(self, reason: str) -> None:
        """There is none."""
        if not self.whole.done():
            self.whole.set_exception(CallFailed(reason))
