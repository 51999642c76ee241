"""The commands, run as a person runs them, against a made-up API."""

import base64
import json
from pathlib import Path

import pytest

from tests.cli.conftest import type_of_run
from tests.cli.endpoint import Endpoint, Reply
from tests.cli.test_package import entries

FUNCTIONS = "/2015-03-31/functions"
LISTED = {
    "FunctionName": "hello",
    "Runtime": "python3.12",
    "Handler": "app.handler",
    "MemorySize": 128,
    "Timeout": 3,
    "LastModified": "2026-11-25T12:00:00.000+0000",
}


def error(status: int, code: str, message: str) -> Reply:
    return Reply({"Type": "User", "message": message}, status, {"x-amzn-ErrorType": code})


def configuration(state: str, **more: str) -> Reply:
    return Reply({**LISTED, "State": state, **more})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("def handler(event, context): return event\n")
    return tmp_path


def test_functions_are_listed_over_all_pages(api: Endpoint, run: type_of_run) -> None:
    api.on(f"GET {FUNCTIONS}/", Reply({"Functions": [LISTED], "NextMarker": "a b"}))
    api.on(
        f"GET {FUNCTIONS}/?Marker=a%20b",
        Reply({"Functions": [{**LISTED, "FunctionName": "second"}]}),
    )
    result = run("functions")
    assert result.stdout.splitlines() == [
        "hello\tpython3.12\tapp.handler\t128 MB\t3 s\t2026-11-25T12:00:00.000+0000",
        "second\tpython3.12\tapp.handler\t128 MB\t3 s\t2026-11-25T12:00:00.000+0000",
    ]
    assert result.exit_code == 0
    assert json.loads(run("functions", "list", "--json").stdout)["Functions"][0] == LISTED


def test_create_zips_creates_and_waits_until_the_function_is_active(
    api: Endpoint, run: type_of_run, folder: Path
) -> None:
    api.on(f"POST {FUNCTIONS}", Reply(LISTED, 201))
    api.on(
        f"GET {FUNCTIONS}/hello/configuration",
        configuration("Pending"),
        configuration("Active"),
    )
    result = run(
        *("functions", "create", "hello", str(folder), "--runtime", "python3.12"),
        *("--timeout", "9", "--memory", "256", "--env", "A=1", "--env", "B=x=y"),
    )
    assert result.stdout == "hello is Active: python3.12, app.handler\n"
    assert result.exit_code == 0
    asked = api.asked[0].document()
    assert entries(base64.b64decode(asked["Code"]["ZipFile"])).keys() == {"app.py"}
    del asked["Code"]
    assert asked == {
        "FunctionName": "hello",
        "Runtime": "python3.12",
        "Handler": "app.handler",
        "Role": "arn:aws:iam::000000000000:role/lambent",
        "Timeout": 9,
        "MemorySize": 256,
        "Environment": {"Variables": {"A": "1", "B": "x=y"}},
    }


def test_create_takes_the_newest_runtime_that_the_daemon_has(
    api: Endpoint, run: type_of_run, folder: Path
) -> None:
    api.on("GET /_lambent/health", Reply({"runtimes": ["python3.9", "python3.12", "nodejs22.x"]}))
    api.on(f"POST {FUNCTIONS}", Reply(LISTED, 201))
    api.on(f"GET {FUNCTIONS}/hello/configuration", configuration("Active"))
    run("functions", "create", "hello", str(folder), "--region", "cn-north-1")
    asked = api.asked[1].document()
    assert asked["Runtime"] == "python3.12"
    assert asked["Role"] == "arn:aws-cn:iam::000000000000:role/lambent"


def test_create_asks_for_no_handler_of_a_program(
    api: Endpoint, run: type_of_run, tmp_path: Path
) -> None:
    (tmp_path / "bootstrap").write_bytes(b"\x7fELF")
    api.on("GET /_lambent/health", Reply({"runtimes": ["provided.al2", "provided.al2023"]}))
    api.on(f"POST {FUNCTIONS}", Reply(LISTED, 201))
    api.on(f"GET {FUNCTIONS}/hello/configuration", configuration("Active"))
    assert run("functions", "create", "hello", str(tmp_path)).exit_code == 0
    asked = api.asked[1].document()
    assert (asked["Runtime"], asked["Handler"]) == ("provided.al2023", "bootstrap")


def test_update_sends_the_code_and_waits_until_it_is_in_use(
    api: Endpoint, run: type_of_run, folder: Path
) -> None:
    path = f"{FUNCTIONS}/hello"
    api.on(f"PUT {path}/code", Reply(LISTED))
    api.on(
        f"GET {path}/configuration",
        Reply({**LISTED, "LastUpdateStatus": "InProgress"}),
        Reply({**LISTED, "LastUpdateStatus": "Successful", "CodeSize": 1234}),
    )
    result = run("functions", "update", "hello", str(folder))
    assert result.stdout == "hello is updated: 1,234 bytes\n"
    sent = base64.b64decode(api.asked[0].document()["ZipFile"])
    assert entries(sent).keys() == {"app.py"}


def test_an_update_that_fails_says_why_and_ends_with_1(
    api: Endpoint, run: type_of_run, folder: Path
) -> None:
    path = f"{FUNCTIONS}/hello"
    api.on(f"PUT {path}/code", Reply(LISTED))
    failed = {
        "LastUpdateStatus": "Failed",
        "LastUpdateStatusReasonCode": "InvalidRuntime",
        "LastUpdateStatusReason": "not here",
    }
    api.on(f"GET {path}/configuration", Reply({**LISTED, **failed}))
    result = run("functions", "update", "hello", str(folder))
    assert result.stderr == "lambent: hello could not be updated: InvalidRuntime: not here\n"
    assert result.exit_code == 1


def test_create_of_what_fails_says_why_and_ends_with_1(
    api: Endpoint, run: type_of_run, folder: Path
) -> None:
    api.on(f"POST {FUNCTIONS}", Reply(LISTED, 201))
    api.on(
        f"GET {FUNCTIONS}/hello/configuration",
        configuration("Failed", StateReasonCode="InvalidRuntime", StateReason="not here"),
    )
    result = run("functions", "create", "hello", str(folder), "--runtime", "python3.14")
    assert result.stderr == "lambent: hello is Failed: InvalidRuntime: not here\n"
    assert result.exit_code == 1


def test_an_error_of_the_api_is_code_message_and_remedy(
    api: Endpoint, run: type_of_run, folder: Path
) -> None:
    api.on(
        f"POST {FUNCTIONS}",
        error(409, "ResourceConflictException", "Function already exist: hello"),
    )
    result = run("functions", "create", "hello", str(folder), "--runtime", "python3.12")
    assert result.stderr.startswith(
        "lambent: ResourceConflictException: Function already exist: hello\n  `./lambent functions"
    )
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        (
            Reply({"__type": "com.amazonaws#Some", "Message": "m"}, 400),
            "lambent: Some: m\n",
        ),
        (
            Reply({"message": "m"}, 400, {"x-amzn-ErrorType": "Some:http://x/"}),
            "lambent: Some: m\n",
        ),
        (
            Reply(status=502, body=b"<html>"),
            "lambent: The endpoint answered 502; is it lambent?\n",
        ),
        (
            Reply(body=b"<html>"),
            "lambent: The endpoint's answer is not JSON; is it lambent?\n",
        ),
    ],
)
def test_errors_of_any_shape_are_one_line(
    api: Endpoint, run: type_of_run, reply: Reply, shown: str
) -> None:
    api.on(f"GET {FUNCTIONS}/x/configuration", reply)
    result = run("functions", "show", "x")
    assert result.stderr == shown
    assert result.exit_code == 1


def test_show_and_delete(api: Endpoint, run: type_of_run) -> None:
    api.on(f"GET {FUNCTIONS}/hello/configuration", configuration("Active"))
    api.on(f"DELETE {FUNCTIONS}/hello", Reply(status=204, body=b""))
    assert "MemorySize\t128" in run("functions", "show", "hello").stdout.splitlines()
    assert json.loads(run("functions", "show", "hello", "--json").stdout)["State"] == "Active"
    assert run("functions", "delete", "hello").stdout == "hello is deleted\n"


def test_an_arn_is_quoted_in_the_path(api: Endpoint, run: type_of_run) -> None:
    arn = "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"
    run("functions", "show", arn)
    assert api.asked[0].path == (
        f"{FUNCTIONS}/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af%3A%24LATEST"
        "/configuration"
    )


def test_a_name_with_a_slash_is_not_sent(api: Endpoint, run: type_of_run) -> None:
    for command in (["functions", "delete"], ["functions", "show"], ["invoke"]):
        assert run(*command, "a/../b").exit_code == 1
    assert api.asked == []


def test_invoke_prints_the_result(api: Endpoint, run: type_of_run, tmp_path: Path) -> None:
    api.on(f"POST {FUNCTIONS}/hello/invocations", Reply({"hello": "you"}))
    (tmp_path / "event.json").write_text('{"from": "file"}')
    assert run("invoke", "hello").stdout == '{"hello": "you"}\n'
    run("invoke", "hello", "--payload", '{"a": 1}')
    run("invoke", "hello", "--payload", f"@{tmp_path}/event.json")
    run("invoke", "hello", "--payload", "-", stdin='{"from": "stdin"}')
    assert [asked.body for asked in api.asked] == [
        b"{}",
        b'{"a": 1}',
        b'{"from": "file"}',
        b'{"from": "stdin"}',
    ]


def test_a_payload_file_that_is_not_there_is_said(run: type_of_run) -> None:
    result = run("invoke", "hello", "--payload", "@/none")
    assert result.stderr == "lambent: Cannot read /none: No such file or directory.\n"


def test_an_error_of_the_function_goes_to_stderr_and_ends_with_1(
    api: Endpoint, run: type_of_run
) -> None:
    told = {
        "errorType": "KeyError",
        "errorMessage": "'x'",
        "stackTrace": ['  File "/var/task/app.py", line 1\n'],
    }
    api.on(
        f"POST {FUNCTIONS}/hello/invocations",
        Reply(told, headers={"X-Amz-Function-Error": "Unhandled"}),
    )
    result = run("invoke", "hello")
    assert result.stdout == ""
    assert result.stderr == "Unhandled: KeyError: 'x'\n  File \"/var/task/app.py\", line 1\n"
    assert result.exit_code == 1
    as_json = run("invoke", "hello", "--json")
    assert json.loads(as_json.stdout)["FunctionError"] == "Unhandled"
    assert as_json.exit_code == 1


def test_the_tail_of_the_log_is_asked_for_and_shown(api: Endpoint, run: type_of_run) -> None:
    log = base64.b64encode(b"START\nEND\n").decode()
    api.on(
        f"POST {FUNCTIONS}/hello/invocations",
        Reply({"ok": True}, headers={"X-Amz-Log-Result": log}),
    )
    result = run("invoke", "hello", "--tail")
    assert api.asked[0].headers["x-amz-log-type"] == "Tail"
    assert result.stdout == '{"ok": true}\n'
    assert result.stderr == "START\nEND\n"


def test_runtimes_that_are_still_looked_for_are_waited_for(
    api: Endpoint, run: type_of_run, folder: Path
) -> None:
    api.on("GET /_lambent/health", Reply({"runtimes": None}), Reply({"runtimes": ["python3.9"]}))
    api.on(f"POST {FUNCTIONS}", Reply({}))
    api.on(f"GET {FUNCTIONS}/hello/configuration", configuration("Active"))
    assert run("functions", "create", "hello", str(folder)).exit_code == 0
    asked = [each for each in api.asked if each.method == "POST"]
    assert asked[0].document()["Runtime"] == "python3.9"


def test_operations_are_as_the_daemon_tells(api: Endpoint, run: type_of_run) -> None:
    built = {"Invoke": True, "CreateAlias": False, "GetPolicy": True, "GetCapacityProvider": True}
    fates = [{"member": name, "fate": "effective"} for name in ("FunctionName", "Qualifier")]
    page = {
        "services": {"lambda": built, "sts": {}},
        "inputs": {"lambda": {"GetPolicy": [*fates, {"member": "x", "fate": "refused"}]}},
        "pairs": {
            "lambda": {
                "GetPolicy": {"successes": 1, "errors": 2},
                "GetCapacityProvider": {"successes": 0, "errors": 1},
            }
        },
    }
    api.on("GET /_lambent/operations", Reply(page))
    assert run("operations").stdout == (
        "CreateAlias\tnot yet\t\t\n"
        "GetCapacityProvider\tsays there is none\t\t0 answers, 1 errors\n"
        "GetPolicy\tbuilt\t2 effective, 1 refused\t1 answers, 2 errors\n"
        "Invoke\tbuilt\t\t\n"
        "3 of 4 operations of lambda are built\n"
    )
    shown = json.loads(run("operations", "--json").stdout)
    assert shown["operations"]["Invoke"] is True
    assert shown["inputs"]["GetPolicy"] == {"effective": 2, "refused": 1}
    assert shown["pairs"]["GetPolicy"] == {"successes": 1, "errors": 2}
    assert "known are lambda, sts" in run("operations", "sqs").stderr


def test_a_remedy_names_the_program_as_it_was_started(api: Endpoint, run: type_of_run) -> None:
    api.on(f"GET {FUNCTIONS}/", error(404, "ResourceNotFoundException", "no"))
    assert "`./lambent functions` lists" in run("functions").stderr


def test_the_inputs_of_an_operation_are_as_the_daemon_tells(
    api: Endpoint, run: type_of_run
) -> None:
    members = [
        {"member": "Layers", "fate": "refused", "note": "not yet"},
        {"member": "Role", "fate": "effective"},
    ]
    page = {
        "services": {"lambda": {"CreateFunction": True, "CreateAlias": False}},
        "inputs": {"lambda": {"CreateFunction": members}},
    }
    api.on("GET /_lambent/operations", Reply(page))
    assert run("operations", "lambda", "CreateFunction").stdout == (
        "Layers\trefused\tnot yet\nRole\teffective\t\n"
    )
    shown = json.loads(run("operations", "lambda", "CreateFunction", "--json").stdout)
    assert shown == {"operation": "CreateFunction", "inputs": members}
    refused = run("operations", "lambda", "CreateAlias")
    assert refused.stderr == "lambent: CreateAlias is not built yet; it answers 501.\n"
    assert "no operation" in run("operations", "lambda", "CreateCake").stderr


def test_no_daemon_is_one_sentence(run: type_of_run) -> None:
    result = run("functions", "--endpoint", "http://127.0.0.1:1")
    assert result.stderr == (
        "lambent: No daemon answers at http://127.0.0.1:1; start one with `./lambent up` "
        "or name another with --endpoint.\n"
    )
    assert result.exit_code == 1


@pytest.mark.parametrize("wrong", ["ftp://x", "http://", "http://x:port"])
def test_what_is_no_endpoint_is_refused(run: type_of_run, wrong: str) -> None:
    assert "is no endpoint such as" in run("functions", "--endpoint", wrong).stderr


def test_requests_are_signed_with_the_keys_and_the_region_of_the_environment(
    api: Endpoint, run: type_of_run
) -> None:
    api.on(f"GET {FUNCTIONS}/", Reply({"Functions": []}))
    run("functions")
    run(
        "functions",
        AWS_ACCESS_KEY_ID="123456789012",
        AWS_DEFAULT_REGION="cn-north-1",
        AWS_SESSION_TOKEN="token",
    )
    first, second = (asked.headers for asked in api.asked)
    assert "Credential=test/" in first["authorization"]
    assert "/us-east-1/lambda/aws4_request" in first["authorization"]
    assert "Credential=123456789012/" in second["authorization"]
    assert "/cn-north-1/lambda/aws4_request" in second["authorization"]
    assert second["x-amz-security-token"] == "token"


def test_an_unknown_option_is_a_usage_error(run: type_of_run) -> None:
    assert run("functions", "list", "--jsn").exit_code == 2
