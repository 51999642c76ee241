"""A made-up API: an HTTP server on loopback that answers from a table and remembers what it was asked."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Asked:
    """One request as it came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def document(self) -> Any:
        return json.loads(self.body)


@dataclass
class Reply:
    """What to answer."""

    document: object = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None


class Endpoint:
    """Answers by `METHOD PATH`, or by target for the json protocol; several replies are given in turn."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.replies: dict[str, list[Reply]] = {}
        self.url = ""

    def on(self, key: str, *replies: Reply) -> None:
        self.replies[key] = list(replies)

    def reply_to(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        key = asked.headers.get("x-amz-target", f"{asked.method} {asked.path}")
        replies = self.replies.get(key)
        if not replies:
            return Reply(status=418, document={"unexpected": key})
        return replies.pop(0) if len(replies) > 1 else replies[0]


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, self.path, headers, self.rfile.read(length))
            reply = made.reply_to(asked)
            body = reply.body if reply.body is not None else json.dumps(reply.document).encode()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = do_PUT = answer  # noqa: N815  the library calls them so

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
