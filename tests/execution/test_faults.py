"""What callers are told of a runtime that never was."""

import json

from lambent.execution.faults import init_fault
from lambent.runtime_api.port import RuntimeFault


def test_what_the_platform_says_comes_with_the_id_of_the_invocation() -> None:
    words = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
    error = RuntimeFault(error_type="Runtime.InvalidEntrypoint", body=b"", platform_words=words)
    fault = init_fault("id-1", error)
    text = f"RequestId: id-1 Error: {words}"
    assert json.loads(fault.payload) == {
        "errorType": "Runtime.InvalidEntrypoint",
        "errorMessage": text,
    }
    assert fault.log_text == f"{text}\nRuntime.InvalidEntrypoint"
    assert (fault.status, fault.error_type) == ("error", "Runtime.InvalidEntrypoint")


def test_what_the_runtime_says_is_passed_on_as_it_is() -> None:
    fault = init_fault("id-1", RuntimeFault(error_type="Runtime.X", body=b'{"errorType":"E"}'))
    assert (fault.payload, fault.log_text) == (b'{"errorType":"E"}', "")
