"""A small S3 on loopback: objects by path, and answers of a test's own."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


def error(status: int, code: str, message: str, **headers: str) -> Answer:
    """One of S3's errors."""
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(message)}</Message>'
        "<RequestId>R</RequestId></Error>"
    ).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@dataclass(slots=True, kw_only=True)
class StandIn:
    """What it holds and what it was asked."""

    url: str
    objects: dict[str, bytes] = field(default_factory=dict)
    """By `/bucket/key`, encoded as it is asked for."""
    answers: dict[str, Answer] = field(default_factory=dict)
    """By such a path, in place of an object."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Targets, and their headers with small letters."""


@contextmanager
def s3_stand_in() -> Iterator[StandIn]:
    """One that answers until the block is left."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stand_in.asked.append(
                (self.path, {name.lower(): value for name, value in self.headers.items()})
            )
            path = self.path.partition("?")[0]
            if path in stand_in.answers:
                stand_in.answers[path](self)
            elif path in stand_in.objects:
                content = stand_in.objects[path]
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            else:
                error(404, "NoSuchKey", "The specified key does not exist.")(self)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stand_in = StandIn(url=f"http://127.0.0.1:{server.server_address[1]}")
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    serving.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
