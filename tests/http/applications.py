"""Small applications to serve."""

import hashlib

from lambent.http.exchange import Exchange, RequestHead


class Echo:
    """Collects the body and answers with target and body; keeps what it saw."""

    def __init__(self, *, limit: int = 10_000_000) -> None:
        self.limit = limit
        self.heads: list[RequestHead] = []
        self.bodies: list[bytes] = []
        self.hashes: list[str] = []
        """Of the bodies, taken while they came."""

    def begin(self, exchange: Exchange) -> None:
        self.heads.append(exchange.head)
        digest = hashlib.sha256()

        def then(body: bytes) -> None:
            self.bodies.append(body)
            self.hashes.append(digest.hexdigest())
            exchange.respond(200, [(b"X-Target", exchange.head.target)], body)

        def too_large() -> None:
            exchange.respond(413, [], b"too large")

        exchange.collect(limit=self.limit, then=then, too_large=too_large, digest=digest)


class Later:
    """Collects the body and answers when the test says so."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.bodies: list[bytes] = []

    def begin(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        exchange.collect(limit=1 << 30, then=self.bodies.append, too_large=self._too_large)

    def _too_large(self) -> None:
        raise AssertionError("nothing is too large here")


class Deaf:
    """Answers at once, without reading the body."""

    def __init__(self, *, status: int = 200, body: bytes = b"ok") -> None:
        self.status, self.body = status, body

    def begin(self, exchange: Exchange) -> None:
        exchange.respond(self.status, [], self.body)


class Broken:
    """Raises."""

    def begin(self, exchange: Exchange) -> None:
        raise ZeroDivisionError


class Sink:
    """Streams: keeps pieces and what became of the body."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.ended = self.was_lost = False
        self.exchange: Exchange | None = None

    def begin(self, exchange: Exchange) -> None:
        self.exchange = exchange
        exchange.stream(self)

    def piece(self, data: bytes) -> None:
        self.pieces.append(data)

    def end(self) -> None:
        self.ended = True

    def lost(self) -> None:
        self.was_lost = True

    @property
    def open_exchange(self) -> Exchange:
        assert self.exchange is not None
        return self.exchange
