"""Functions that take what they can get: only their own environment suffers, it ends whole, and its neighbour does not notice."""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create
from tests.acceptance.misbehaving import HANDLER, MARK
from tests.acceptance.neighbour import Neighbour
from tests.acceptance.waiting import eventually


@pytest.fixture(scope="session")
def rough(daemon: DaemonProcess) -> Any:
    """A client whose functions `rough`, `endless` and `greedy` do what their event names, beside `undisturbed`."""
    client = daemon.client("lambda")
    create(client, "rough", HANDLER, Timeout=60, MemorySize=1769)
    create(client, "endless", HANDLER, Timeout=1, MemorySize=1769)
    create(client, "greedy", HANDLER, Timeout=30, MemorySize=128)
    create(client, "undisturbed", "def handler(e, c): return e")
    return client


@pytest.fixture(autouse=True)
def beside(daemon: DaemonProcess, rough: Any) -> Iterator[Neighbour]:
    """The neighbour, called all the time."""
    with Neighbour(daemon, "undisturbed") as neighbour:
        yield neighbour


def left() -> list[str]:
    """What functions have left on the host."""
    found = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if MARK in process.read_text():
                found.append(str(process))
        except OSError:
            continue
    return found


@pytest.mark.parametrize("mode", ["forks", "descendants", "daemons", "stopped", "flood"])
def test_what_does_not_end_is_ended_whole_at_its_timeout(
    daemon: DaemonProcess, rough: Any, beside: Neighbour, mode: str
) -> None:
    before, calls = len(daemon.descendants()), beside.calls
    result, error = call(rough, "endless", {"do": mode})
    assert (result["errorType"], error) == ("Sandbox.Timedout", "Unhandled")
    assert beside.calls > calls
    eventually(lambda: len(daemon.descendants()) < before + 10)
    eventually(lambda: left() == [])
    assert call(rough, "endless") == ("well", "")


@pytest.mark.parametrize("mode", ["descriptors", "answered"])
def test_what_ends_takes_all_that_it_began_with_it(rough: Any, mode: str) -> None:
    result, error = call(rough, "rough", {"do": mode})
    assert (result["errorType"], error) == ("Runtime.ExitError", "Unhandled")
    eventually(lambda: left() == [])
    assert call(rough, "rough") == ("well", "")


@pytest.mark.promise("memory")
@pytest.mark.parametrize(
    "mode", ["memory", "memory_of_a_child", "memory_of_children", "memory_in_a_grandchild"]
)
def test_memory_that_anything_in_it_uses_up_ends_all_of_it(rough: Any, mode: str) -> None:
    answer = rough.invoke(
        FunctionName="greedy", Payload=json.dumps({"do": mode, "seconds": 25}), LogType="Tail"
    )
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read()) == {
        "errorType": "Runtime.OutOfMemory",
        "errorMessage": f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
    }
    report = base64.b64decode(answer["LogResult"]).decode().splitlines()[-1]
    assert "\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t" in report
    assert report.endswith("\tStatus: error\tError Type: Runtime.OutOfMemory")
    assert call(rough, "greedy") == ("well", "")


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("files", [24, 1023]),
        ("storage", [28, True]),
        ("threads", True),
        ("processes", [11, True]),
    ],
)
def test_what_is_used_up_is_refused_and_can_be_given_back(
    rough: Any, mode: str, told: object
) -> None:
    assert call(rough, "rough", {"do": mode}) == (told, "")
    if mode not in {"storage", "processes"}:  # which take their time
        assert call(rough, "rough", {"do": mode}) == (told, "")
    assert call(rough, "rough", {"do": "init"}) == ([1, 1, 1], "")


@pytest.mark.promise("cpu")
def test_a_function_has_the_cpu_share_of_its_memory_children_included(rough: Any) -> None:
    create(rough, "burning", HANDLER, MemorySize=442, Timeout=30)
    call(rough, "burning")  # the full core of its init is taken away after it
    share, error = call(rough, "burning", {"do": "burn", "seconds": 1.5})
    assert error == ""
    assert 0 < share < 1.35 * 442 / 1769


def test_a_response_that_is_too_large_is_its_own_failure(rough: Any) -> None:
    result, error = call(rough, "rough", {"do": "large"})
    assert (result["errorType"], error) == ("Function.ResponseSizeTooLarge", "Unhandled")
    assert call(rough, "rough") == ("well", "")
