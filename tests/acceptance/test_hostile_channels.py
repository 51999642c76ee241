"""Functions that abuse the channels to the daemon: only their own environment ends, and its neighbour does not notice."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create
from tests.acceptance.hostile import HANDLER
from tests.acceptance.neighbour import Neighbour
from tests.acceptance.waiting import eventually

FRAMES = (
    *("unknown_kind", "order_of_ours", "kind_with_high_bytes", "oversized_meta", "oversized_body"),
    *(
        "truncated",
        "endless",
        "wrong_id",
        "init_once_more",
        "junk",
    ),
)
REQUESTS = {
    "header_lines": {"HTTP/1.1 431 Request Header Fields Too Large"},
    "endless_header": {"HTTP/1.1 431 Request Header Fields Too Large"},
    "no_http": {"HTTP/1.1 400 Bad Request", "HTTP/1.1 431 Request Header Fields Too Large"},
    "smuggled": {"HTTP/1.1 400 Bad Request"},
    "giant_chunk": {"HTTP/1.1 400 Bad Request", "HTTP/1.1 405 Method Not Allowed"},
}
"""What each is told."""


@pytest.fixture(scope="session")
def hostile(daemon: DaemonProcess) -> Any:
    """A client with the functions `hostile`, which does what its event names, and `attacked`."""
    client = daemon.client("lambda")
    create(client, "hostile", HANDLER, Timeout=8, MemorySize=1769)
    create(client, "attacked", "def handler(e, c): return e")
    return client


@pytest.fixture(autouse=True)
def beside(daemon: DaemonProcess, hostile: Any) -> Iterator[Neighbour]:
    """The neighbour, called all the time."""
    with Neighbour(daemon, "attacked") as neighbour:
        yield neighbour


@pytest.mark.parametrize("mode", FRAMES)
def test_what_is_no_answer_ends_the_environment_that_said_it(hostile: Any, mode: str) -> None:
    result, error = call(hostile, "hostile", {"do": mode})
    assert error == "Unhandled"
    assert result["errorType"] == "Runtime.ExitError"
    assert call(hostile, "hostile") == ("well", "")


@pytest.mark.parametrize("mode", ["interleaved", "endless_answers"])
def test_what_follows_an_answer_of_its_own_is_nobody_else_s(hostile: Any, mode: str) -> None:
    """An answer to its own invocation it may give as it likes; what comes after ends it."""
    answer = hostile.invoke(FunctionName="hostile", Payload=f'{{"do": "{mode}"}}'.encode())
    assert answer["StatusCode"] == 200
    answer["Payload"].read()
    eventually(lambda: call(hostile, "hostile") == ("well", ""))
    assert call(hostile, "attacked", 7) == (7, "")


def test_an_answer_that_never_ends_runs_into_the_timeout(hostile: Any) -> None:
    create(hostile, "hostile-silent", HANDLER, Timeout=1)
    result, error = call(hostile, "hostile-silent", {"do": "silent"})
    assert (result["errorType"], error) == ("Sandbox.Timedout", "Unhandled")


def test_nobody_answers_for_another(hostile: Any, beside: Neighbour) -> None:
    """The id is one that runs elsewhere at that moment: whose channel it came over is what counts."""
    other = hostile.invoke(FunctionName="attacked", Payload=b"1")["ResponseMetadata"]["RequestId"]
    result, error = call(hostile, "hostile", {"do": "for_another", "other": other})
    assert (result["errorType"], error) == ("Runtime.ExitError", "Unhandled")
    assert call(hostile, "attacked", 5) == (5, "")


@pytest.mark.parametrize("port", [9001, 4566])
@pytest.mark.parametrize("mode", list(REQUESTS))
def test_what_is_no_request_is_refused(hostile: Any, mode: str, port: int) -> None:
    said, error = call(hostile, "hostile", {"do": mode, "port": port})
    assert error == ""
    assert said in {*REQUESTS[mode], "ConnectionResetError", "BrokenPipeError"}
    assert call(hostile, "hostile") == ("well", "")


@pytest.mark.parametrize("port", [9001, 4566])
@pytest.mark.parametrize("mode", ["crowd", pytest.param("multitude", marks=pytest.mark.slow)])
def test_a_crowd_of_connections_takes_nobody_s_place(
    daemon: DaemonProcess, hostile: Any, beside: Neighbour, mode: str, port: int
) -> None:
    """Held open while others come anew: with `multitude` more than the edge takes altogether."""
    name = f"hostile-{mode}-{port}"
    create(hostile, name, HANDLER, Timeout=20, MemorySize=1769)
    before = beside.calls
    assert call(hostile, name, {"do": mode, "port": port}) == ("held", "")
    assert call(daemon.client("lambda"), "attacked", 3) == (3, "")
    eventually(lambda: beside.calls > before + 5)
    hostile.delete_function(FunctionName=name)
