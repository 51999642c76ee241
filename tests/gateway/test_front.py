"""The front behind a real server's parser, without a network."""

import json
from dataclasses import dataclass

import pytest

from lambent.gateway.front import FrontApplication
from lambent.gateway.origins import OriginPolicy
from lambent.http.connection import Connection
from lambent.http.exchange import Exchange
from lambent.http.house import PLAIN_FAILURE, House
from lambent.http.limits import HttpLimits
from lambent.kit.wheel import TimerWheel
from tests.fakes.clock import ManualClock
from tests.fakes.transport import MemoryTransport


class Named:
    """Answers its name, streamed or whole."""

    def __init__(self, name: bytes, *, streamed: bool = False) -> None:
        self.name, self.streamed = name, streamed

    def begin(self, exchange: Exchange) -> None:
        if self.streamed:
            exchange.begin(200, [(b"X-Inner", b"1")])
            exchange.write(self.name)
            exchange.finish()
        else:
            exchange.respond(200, [(b"X-Inner", b"1")], self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    method: str, target: str, headers: dict[str, str] | None = None, *, host: str = "127.0.0.1"
) -> Got:
    clock = ManualClock()
    house = House(
        clock=clock, wheel=TimerWheel(clock=clock), limits=HttpLimits(), failure=PLAIN_FAILURE
    )
    front = FrontApplication(
        origins=OriginPolicy(),
        health=lambda: b'{"status": "ok"}',
        invoke=Named(b"invoke"),
        relay=Named(b"relay", streamed=True),
        reset=Named(b"reset"),
    )
    transport = MemoryTransport()
    transport.begin(Connection(house=house, application=front, members=set()))
    lines = "".join(f"{n}: {v}\r\n" for n, v in (headers or {}).items())
    transport.arrive(f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n{lines}\r\n".encode())
    head, _, body = transport.written.partition(b"\r\n\r\n")
    status, *rest = head.decode().split("\r\n")
    pairs = [line.partition(": ")[::2] for line in rest]
    assert len({name for name, _ in pairs}) == len(pairs), "a header twice"
    return Got(status=int(status.split()[1]), headers={n.lower(): v for n, v in pairs}, body=body)


@pytest.mark.parametrize(
    ("method", "target", "who"),
    [
        ("POST", "/2015-03-31/functions/f/invocations", b"invoke"),
        ("POST", "/2015-03-31/functions/arn%3Aaws%3Alambda/invocations?Qualifier=1", b"invoke"),
        ("GET", "/2015-03-31/functions/f/invocations", b"relay"),
        ("POST", "/_lambent/reset", b"reset"),
        ("POST", "/2015-03-31/functions/f/invocations/", b"invoke"),
        ("POST", "/2015-03-31/functions/a/b/invocations", b"relay"),
        ("POST", "/2015-03-31/functions//invocations", b"relay"),
        ("POST", "/2015-03-31/functions", b"relay"),
        ("GET", "/", b"relay"),
        ("GET", "/_lambentish", b"relay"),
        ("OPTIONS", "/", b"relay"),
        ("GET", "/_lambent/operations", b"relay"),
        ("GET", "/_lambent/code/0123?Expires=1&Signature=2", b"relay"),
    ],
)
def test_requests_find_their_application(method: str, target: str, who: bytes) -> None:
    got = ask(method, target)
    assert got.status == 200
    assert who in got.body
    assert "access-control-allow-origin" not in got.headers


def test_health_is_read_with_get() -> None:
    got = ask("GET", "/_lambent/health")
    assert (got.status, got.headers["content-type"]) == (200, "application/json")
    assert json.loads(got.body) == {"status": "ok"}
    assert ask("HEAD", "/_lambent/health").body == b""
    assert ask("POST", "/_lambent/health").headers["allow"] == "GET, HEAD"
    assert ask("POST", "/_lambent/health").status == 405


@pytest.mark.parametrize("target", ["/_lambent", "/_lambent/", "/_lambent/x", "/_lambent?x"])
def test_nothing_else_is_below_our_own_path(target: str) -> None:
    got = ask("GET", target)
    assert got.status == 404
    assert "message" in json.loads(got.body)


@pytest.mark.parametrize("target", ["/2015-03-31/functions/f/invocations", "/_lambent/health"])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_page_from_elsewhere_is_refused(method: str, target: str) -> None:
    got = ask(
        method, target, {"Origin": "http://evil.com", "Access-Control-Request-Method": "POST"}
    )
    assert got.status == 403
    assert "allowed_origins" in json.loads(got.body)["message"]
    assert "access-control-allow-origin" not in got.headers


def test_a_rebound_name_is_refused() -> None:
    got = ask("GET", "/2015-03-31/functions", host="evil.com:4566")
    assert got.status == 403
    assert "allowed_hosts" in json.loads(got.body)["message"]


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/2015-03-31/functions/f/invocations"),
        ("GET", "/2015-03-31/functions"),
        ("GET", "/_lambent/health"),
        ("GET", "/_lambent/nothing"),
    ],
)
def test_an_allowed_page_may_read_every_answer(method: str, target: str) -> None:
    got = ask(method, target, {"Origin": "http://localhost:3000"})
    assert got.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert got.headers["vary"] == "Origin"
    assert "x-amzn-RequestId" in got.headers["access-control-expose-headers"]


def test_a_preflight_is_answered() -> None:
    got = ask(
        "OPTIONS",
        "/2015-03-31/functions/f/invocations",
        {
            "Origin": "http://localhost:3000",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,x-amz-date",
            "Access-Control-Request-Private-Network": "true",
        },
    )
    assert got.status == 204
    assert got.body == b""
    assert got.headers["access-control-allow-origin"] == "http://localhost:3000"
    assert got.headers["access-control-allow-headers"] == "authorization,x-amz-date"
    assert "POST" in got.headers["access-control-allow-methods"]
    assert got.headers["access-control-allow-private-network"] == "true"
    assert got.headers["access-control-max-age"] == "86400"
