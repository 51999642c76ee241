"""One request of the client, and who is told about its answer."""

from typing import Protocol

from lambent.http.exchange import Headers
from lambent.http.render import chunk


class Channel(Protocol):
    """What a call needs of its connection."""

    def send(self, data: bytes) -> bool:
        """Write; False asks to wait."""
        ...

    def pause_reading(self) -> None:
        """Stop reading."""
        ...

    def resume_reading(self) -> None:
        """Read on."""
        ...

    def abort(self) -> None:
        """Drop the connection."""
        ...


class AnswerSink(Protocol):
    """Told what becomes of a call. `answer_ended` or `failed` is the last that it hears."""

    def writable(self) -> None:
        """The body may be sent (on)."""
        ...

    def answer_begun(self, status: int, headers: Headers) -> None:
        """The answer's head has come; framing and other hop-by-hop headers are still among `headers`."""
        ...

    def answer_piece(self, data: bytes) -> None:
        """The next piece of its body, without chunks' frames."""
        ...

    def answer_ended(self) -> None:
        """The answer is whole."""
        ...

    def failed(self, reason: str) -> None:
        """There will be no answer, or not the rest of it."""
        ...


class Call:
    """One request. Written before a connection is there, it is kept; `write` then asks to wait."""

    def __init__(self, *, head: bytes, bodiless: bool, chunked: bool, sink: AnswerSink) -> None:
        self._outgoing = [head]
        self._chunked, self._sink = chunked, sink
        self._connection: Channel | None = None
        self.bodiless = bodiless
        """Whether the answer will have no body whatever it says (to HEAD)."""
        self.uploaded = False
        """Whether the whole request was handed to the connection."""
        self.over = False
        """Whether nothing is told any more."""
        self._paused = False

    def write(self, data: bytes) -> bool:
        """Send a piece of the body; False asks to wait for `writable`."""
        return self.over or self._send(chunk(data) if self._chunked else data)

    def end(self) -> None:
        """The body is whole."""
        if self.over:
            return
        if self._chunked:
            self._send(b"0\r\n\r\n")
        self.uploaded = True

    def pause(self) -> None:
        """Stop reading the answer."""
        self._paused = True
        if self._connection is not None:
            self._connection.pause_reading()

    def resume(self) -> None:
        """Read on."""
        self._paused = False
        if self._connection is not None:
            self._connection.resume_reading()

    def cancel(self) -> None:
        """Nobody wants the answer: nothing more is told, and the connection is not used again."""
        if not self.over:
            self.over = True
            if self._connection is not None:
                self._connection.abort()

    # For the client and its connections

    def attach(self, connection: Channel) -> None:
        """Send over `connection` from now on."""
        self._connection = connection
        waiting, self._outgoing = b"".join(self._outgoing), []
        if self._paused:
            connection.pause_reading()
        if connection.send(waiting):
            self._sink.writable()

    def writable(self) -> None:
        """Pass on that more may be sent."""
        if not self.over:
            self._sink.writable()

    def answer_begun(self, status: int, headers: Headers) -> None:
        """Pass on the head."""
        if not self.over:
            self._sink.answer_begun(status, headers)

    def answer_piece(self, data: bytes) -> None:
        """Pass on a piece."""
        if not self.over:
            self._sink.answer_piece(data)

    def answer_ended(self) -> None:
        """Pass on the end, the last that is told."""
        if not self.over:
            self.over, self._connection = True, None
            self._sink.answer_ended()

    def fail(self, reason: str) -> None:
        """Tell that there will be no (further) answer; the last that is told."""
        if not self.over:
            self.over, self._connection = True, None
            self._sink.failed(reason)

    def _send(self, data: bytes) -> bool:
        if self._connection is None:
            self._outgoing.append(data)
            return False
        return self._connection.send(data)
