"""Every runtime that the whole suite does not visit by default does a little of everything, in one invocation."""

from typing import Any

import pytest

from lambent.runtimes.catalogue import PYTHONS
from lambent.runtimes.nodes import NODES
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.runtimes.conftest import node_suite, python_suite
from tests.acceptance.runtimes.suite import Answer, Suite
from tests.acceptance.runtimes.tiers import default_node, newest_python

TEXT = "ä\0🎉"


def smoked(suite: Suite) -> Any:
    """What the one invocation says, what is alike for all checked already."""
    answer = suite.do("smoke", TEXT)
    assert answer.error == "", answer
    told = answer.json
    assert told["context"] == answer.request_id
    assert (told["echo"], told["unicode"][0]) == (TEXT, TEXT)
    assert told["large"] == "x" * 100_000
    assert told["count"] == [1, False]
    assert told["name"] == suite.name("main")
    assert (told["place"]["cwd"], told["place"]["uid"]) == ("/var/task", 993)
    assert "warned\n" in answer.tail
    assert suite.result("count") == [2, True]
    return told


def failed(suite: Suite, check: str) -> Answer:
    """The answer of an invocation whose `check` raises."""
    answer = suite.do(check, TEXT)
    assert answer.error == "Unhandled"
    assert answer.json["errorMessage"] == TEXT
    return answer


@pytest.mark.parametrize("runtime", [each for each in PYTHONS if each != newest_python()])
def test_a_python_does_a_little_of_everything(daemon: DaemonProcess, runtime: str) -> None:
    suite = python_suite(daemon, runtime)
    told = smoked(suite)
    minor = int(runtime.rpartition(".")[2])
    assert told["place"]["version"] == [3, minor]
    assert told["caught"] == ["Failure", "LookupError", "KeyError"]
    assert told["threads"][0] == [n * n for n in range(8)]
    assert told["children"] == ["to a child", 3, f"(3, {minor})", 9, 0, 9]
    assert told["packages"][:3] == ["the package", "&lt;a&gt;", "so"]
    answer = failed(suite, "raise")
    assert (answer.json["errorType"], answer.json["requestId"]) == ("Failure", answer.request_id)


@pytest.mark.parametrize("runtime", [each for each in NODES if each != default_node()])
def test_a_node_does_a_little_of_everything(daemon: DaemonProcess, runtime: str) -> None:
    suite = node_suite(daemon, runtime)
    told = smoked(suite)
    assert told["place"]["major"] == int(runtime.removeprefix("nodejs").removesuffix(".x"))
    assert told["caught"] == ["Failure", "TypeError", "RangeError", "TypeError"]
    assert told["threads"] == [0, 1]
    assert told["children"] == ["to a child", 3, "42", "SIGKILL", 42]
    assert told["packages"][:2] == [[254, 253], True]
    answer = failed(suite, "throw")
    assert answer.json["trace"][0] == f"Failure: {TEXT}"
