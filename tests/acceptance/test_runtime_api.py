"""The HTTP Runtime API as a program in C finds it, which also does what no runtime should."""

import base64
import json
import re
from typing import Any

import pytest

from tests.acceptance.custom_runtimes import bring, probe
from tests.acceptance.functions import call
from tests.acceptance.waiting import eventually

LARGEST = 6_291_556


@pytest.fixture(scope="session")
def probed(daemon: Any) -> Any:
    """A client, with the function `probe` made."""
    lam = daemon.client("lambda")
    bring(lam, "probe", probe(), Timeout=5)
    return lam


def does(lam: Any, mode: str) -> tuple[Any, str]:
    return call(lam, "probe", {"mode": mode})


def failed(lam: Any, mode: str) -> dict[str, Any]:
    """The error that `mode` ends in; the next invocation works."""
    body, error = does(lam, mode)
    assert error == "Unhandled"
    assert does(lam, "echo") == ({"mode": "echo"}, "")
    told: dict[str, Any] = body
    return told


def test_an_event_goes_there_and_back_unchanged(probed: Any) -> None:
    text = "ä" * 70_000
    event = {"text": text, "numbers": [1, 2.5, None]}
    assert call(probed, "probe", event) == (event, "")


def test_six_megabytes_go_both_ways(probed: Any) -> None:
    event = "x" * 6_291_454
    assert call(probed, "probe", event) == (event, "")
    body, error = does(probed, "large")
    assert (len(body), error) == (LARGEST - 2, "")


def test_an_error_of_the_runtime(probed: Any) -> None:
    assert failed(probed, "error") == {"errorMessage": "as told", "errorType": "ProbeError"}


def test_a_timeout(probed: Any) -> None:
    body = failed(probed, "hang")
    assert body["errorType"] == "Sandbox.Timedout"
    assert body["errorMessage"].endswith("Error: Task timed out after 5.00 seconds")


@pytest.mark.parametrize(("mode", "how"), [("exit", "exit status 3"), ("abort", "signal: aborted")])
def test_an_end_in_the_middle(probed: Any, mode: str, how: str) -> None:
    body = failed(probed, mode)
    assert body["errorType"] == "Runtime.ExitError"
    assert body["errorMessage"].endswith(f"Error: Runtime exited with error: {how}")


def test_a_response_too_large_is_refused_and_the_runtime_goes_on(probed: Any) -> None:
    body, error = does(probed, "too large")
    message = f"Response payload size exceeded maximum allowed payload size ({LARGEST} bytes)."
    assert (body, error) == (
        {"errorMessage": message, "errorType": "Function.ResponseSizeTooLarge"},
        "Unhandled",
    )
    assert does(probed, "last")[0] == {
        "status": 413,
        "body": {
            "errorMessage": f"Exceeded maximum allowed payload size ({LARGEST} bytes).",
            "errorType": "RequestEntityTooLarge",
        },
    }


def test_an_answer_to_another_invocation_is_refused(probed: Any) -> None:
    assert does(probed, "wrong id")[0] == {
        "status": 400,
        "body": {"errorMessage": "Invalid request ID", "errorType": "InvalidRequestID"},
    }


def test_a_second_answer_is_refused(probed: Any) -> None:
    assert does(probed, "twice") == ("once", "")
    said = does(probed, "last")[0]
    assert said["status"] == 403
    assert said["body"] == {
        "errorMessage": "State transition from RuntimeResponseSentState to InvocationResponse failed for"
        " runtime. Error: State transition is not allowed",
        "errorType": "InvalidStateTransition",
    }


def test_an_answer_while_nothing_is_asked_is_refused(probed: Any, logs: Any) -> None:
    assert does(probed, "while idle") == ("once", "")
    # Not asked of the probe: that would end its idleness.
    found = eventually(
        lambda: (
            logs.filter_log_events(
                logGroupName="/aws/lambda/probe", filterPattern='"while idle: "'
            )["events"]
            or None
        )
    )
    said = json.loads(found[0]["message"].partition("while idle: ")[2])
    assert (said["status"], said["body"]["errorType"]) == (403, "InvalidStateTransition")


def test_a_response_mode_that_is_none_is_refused(probed: Any) -> None:
    body = failed(probed, "mode that is none")
    assert body == {"errorType": "Runtime.InvalidResponseModeHeader"}


def test_a_response_that_is_cut_off_fails_the_invocation(probed: Any) -> None:
    assert failed(probed, "cut off") == {"errorType": "Runtime.TruncatedResponse"}


def test_ping(probed: Any) -> None:
    assert does(probed, "ping") == ([200, "pong"], "")


def test_two_pollers_take_turns(lam: Any) -> None:
    bring(lam, "two-pollers", probe(), Timeout=5)
    assert call(lam, "two-pollers", {"mode": "two pollers"}) == ("from now on", "")
    said = [call(lam, "two-pollers") for _ in range(20)]
    assert set(said) == {("first", ""), ("second", "")}


def test_output_and_memory_are_in_the_log(lam: Any) -> None:
    bring(lam, "probe-memory", probe(), Timeout=5)
    small, large = (_report(lam, {"mode": mode}) for mode in ("echo", "memory"))
    assert small < 10
    assert 64 <= large < 80


def _report(lam: Any, event: object) -> int:
    answer = lam.invoke(
        FunctionName="probe-memory", Payload=json.dumps(event).encode(), LogType="Tail"
    )
    tail = base64.b64decode(answer["LogResult"]).decode()
    used = re.search(r"Max Memory Used: (\d+) MB", tail)
    assert used, tail
    return int(used[1])


def test_an_init_error(lam: Any) -> None:
    bring(lam, "probe-init", probe(), Environment={"Variables": {"INIT": "error"}})
    for _ in range(2):
        body, error = call(lam, "probe-init")
        assert error == "Unhandled"
        assert body == {"errorMessage": "no probe", "errorType": "Runtime.NoProbe"}


def test_an_init_that_exits(lam: Any) -> None:
    bring(lam, "probe-exit", probe(), Environment={"Variables": {"INIT": "exit"}})
    body, error = call(lam, "probe-exit")
    assert error == "Unhandled"
    assert body["errorType"] == "Runtime.ExitError"
    assert body["errorMessage"].endswith("Error: Runtime exited with error: exit status 4")


def test_an_init_that_hangs_is_tried_once_more_within_the_functions_timeout(lam: Any) -> None:
    bring(lam, "probe-hang", probe(), Environment={"Variables": {"INIT": "hang"}}, Timeout=1)
    body, error = call(lam, "probe-hang")
    assert error == "Unhandled"
    assert body["errorType"] == "Sandbox.Timedout"
    assert body["errorMessage"].endswith("Error: Task timed out after 1.00 seconds")
