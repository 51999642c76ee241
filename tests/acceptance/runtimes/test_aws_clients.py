"""AWS's own runtime clients, unmodified, on the HTTP Runtime API: Go, Rust, Java and Node (Python's is among the custom runtimes)."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.acceptance.functions import call, create, zipped
from tests.acceptance.runtimes import aws_clients

# The first run fetches and builds: some minutes each.
pytestmark = [pytest.mark.slow, pytest.mark.toolchains, pytest.mark.timeout(900)]

Files = dict[str, str | bytes]
CLIENTS: dict[str, tuple[Callable[[], Files], str, str]] = {
    "go": (aws_clients.go, "not.used", "errorString"),
    "rust": (aws_clients.rust, "not.used", "error::Error"),
    "java": (aws_clients.java, "Function::handleRequest", "java.lang.IllegalStateException"),
    "node": (aws_clients.node, "index.handler", "TypeError"),
}
"""How each is built, its handler, and what the type of the error that it raises is called."""


@pytest.fixture(scope="module", params=CLIENTS)
def client(request: pytest.FixtureRequest, daemon: Any) -> tuple[Any, str]:
    """A Lambda client, and which runtime client its function `own-CLIENT` is on."""
    build, handler, _ = CLIENTS[request.param]
    package = zipped(build(), mode=0o755, compressed=True)
    lam = daemon.client("lambda")
    create(
        *(lam, f"own-{request.param}", ""),
        Runtime="provided.al2023",
        Handler=handler,
        Code={"ZipFile": package},
        MemorySize=1024,
        Timeout=30,
    )
    return lam, request.param


def test_it_answers_and_knows_its_function(client: tuple[Any, str]) -> None:
    lam, which = client
    for event in ({"a": "ä🎉"}, [1, None], "text"):
        answer = lam.invoke(
            FunctionName=f"own-{which}", Payload=json.dumps(event).encode(), LogType="Tail"
        )
        request_id = answer["ResponseMetadata"]["RequestId"]
        assert json.loads(answer["Payload"].read()) == {
            "event": event,
            "id": request_id,
            "arn": f"arn:aws:lambda:us-east-1:000000000000:function:own-{which}",
            "name": f"own-{which}",
            "memory": 1024,
        }
        assert "hello\n" in base64.b64decode(answer["LogResult"]).decode()


def test_an_error_is_the_client_s_own(client: tuple[Any, str]) -> None:
    lam, which = client
    body, error = call(lam, f"own-{which}", "raise")
    assert error == "Unhandled"
    assert body["errorMessage"] == "boom"
    assert CLIENTS[which][2] in body["errorType"]
    assert call(lam, f"own-{which}", 1)[1] == ""


def test_its_end_is_an_exit_error(client: tuple[Any, str]) -> None:
    lam, which = client
    body, error = call(lam, f"own-{which}", "exit")
    assert error == "Unhandled"
    assert body["errorType"] == "Runtime.ExitError"
    assert body["errorMessage"].endswith("Error: Runtime exited with error: exit status 3")
    assert call(lam, f"own-{which}", 1)[1] == ""


def test_six_megabytes_go_both_ways(client: tuple[Any, str]) -> None:
    lam, which = client
    assert call(lam, f"own-{which}", "large") == ("x" * 6_291_554, "")
    event = ["x" * 6_000_000]
    body, error = call(lam, f"own-{which}", event)
    assert (body["event"], error) == (event, "")
