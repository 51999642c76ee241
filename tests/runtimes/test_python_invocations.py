"""Invocations on the Python bootstrap, on every Python that is found: one process a version, reused as on AWS."""

import json
from collections.abc import Iterator

import pytest

from lambent.runtime_api.frames import Kind
from tests.runtimes.bootstrap_process import ARN, TRACE, BootstrapProcess
from tests.runtimes.interpreters import VERSIONS, interpreter

APP = """
import collections, decimal, json, logging, os, subprocess, sys, time
Point = collections.namedtuple("Point", "x y")
class Failure(Exception):
    pass
def inner():
    raise Failure("caf\\u00e9 is shut")
def handler(event, context):
    do = event["do"]
    if do == "echo":
        return event["value"]
    if do == "raise":
        inner()
    if do == "object":
        return {"at": object()}
    if do == "bytes":
        return b"\\x89PNG"
    if do == "kinds":
        return {"p": Point(1, 2), "d": decimal.Decimal("1.10"), "b": b"text", "t": (1, 2), "n": None}
    if do == "large":
        return "x" * event["size"]
    if do == "context":
        return {"repr": repr(context), "vars": sorted(vars(context)), "left": context.get_remaining_time_in_millis(),
                "client": repr(context.client_context)}
    if do == "environ":
        return dict(os.environ)
    if do == "world":
        return {"cwd": os.getcwd(), "path": sys.path, "zone": time.tzname, "main": sys.modules["__main__"].__file__,
                "argv": sys.argv, "hour": time.localtime(0).tm_hour, "open": sorted(map(int, os.listdir("/proc/self/fd")))}
    if do == "fork":
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
            return "parent"
        return "child"
    if do == "child":
        return subprocess.run(["ls", "/proc/self/fd"], stdout=subprocess.PIPE, close_fds=False).stdout.decode().split()
    if do == "close":
        os.closerange(3, 512)
        return "closed"
    if do == "print":
        print("first\\nsecond", end=" without end")
        sys.stderr.write("to stderr")
        return None
    if do == "log":
        logging.getLogger().info("unseen")
        logging.warning("seen %s", event["value"])
        return [type(h).__name__ for h in logging.getLogger().handlers]
    if do == "formatter":
        handler = logging.getLogger().handlers[0]
        before = handler.formatter
        handler.setFormatter(logging.Formatter("%(message)s"))
        logging.warning("first")
        try:
            inner()
        except Failure:
            logging.exception("second")
        handler.setFormatter(before)
        print("third")
        return None
    if do == "surrogate":
        return "\\ud800"
    if do == "circle":
        a = []
        a.append(a)
        return a
    if do == "not callable":
        return context.log(1, 2, 3)
"""


@pytest.fixture(scope="module", params=VERSIONS)
def runtime(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BootstrapProcess]:
    python = interpreter(request.param)
    task_root = tmp_path_factory.mktemp("task")
    (task_root / "app.py").write_text(APP)
    with BootstrapProcess(python, task_root) as process:
        done = process.start("app.handler", {"COLOUR": "blue"})
        assert done.kind is Kind.INIT_DONE
        assert done.meta["peak"] > 1_000_000
        yield process


def version_of(runtime: BootstrapProcess) -> tuple[int, ...]:
    answer = runtime.invoke({"do": "environ"})
    assert answer.kind is Kind.RESPONSE
    home = runtime.invoke({"do": "world"}).json["path"]
    name = next(p for p in home if p.endswith("lib-dynload")).split("/")[-2]
    return tuple(map(int, name.removeprefix("python").split(".")))


def test_an_event_comes_back(runtime: BootstrapProcess) -> None:
    value = {"a": [1, 2.5, None, True, "café", {"b": 1e400}]}
    answer = runtime.invoke({"do": "echo", "value": value}, request_id="request-7")
    assert answer.kind is Kind.RESPONSE
    assert answer.meta["id"] == "request-7"
    assert answer.meta["peak"] > 1_000_000
    assert answer.json == value


def test_text_is_escaped_before_python_3_12_only(runtime: BootstrapProcess) -> None:
    body = runtime.invoke({"do": "echo", "value": "é😀"}).body.decode()
    assert body == ('"é😀"' if version_of(runtime) >= (3, 12) else '"\\u00e9\\ud83d\\ude00"')


def test_an_exception_is_told_as_aws_tells_it(runtime: BootstrapProcess) -> None:
    before = len(runtime.log)
    answer = runtime.invoke({"do": "raise"}, request_id="request-8")
    assert answer.kind is Kind.ERROR
    assert answer.meta.keys() == {"id", "type", "peak"}
    assert (answer.meta["id"], answer.meta["type"]) == ("request-8", "Failure")
    file = runtime.environ("", {})["LAMBDA_TASK_ROOT"] + "/app.py"
    lines = APP.splitlines()
    calls = 1 + lines.index("        inner()")
    raises = 1 + lines.index('    raise Failure("caf\\u00e9 is shut")')
    assert json.loads(answer.body, object_pairs_hook=list) == [
        ("errorMessage", "café is shut"),
        ("errorType", "Failure"),
        ("requestId", "request-8"),
        (
            "stackTrace",
            [
                f'  File "{file}", line {calls}, in handler\n    inner()\n',
                f'  File "{file}", line {raises}, in inner\n    raise Failure("caf\\u00e9 is shut")\n',
            ],
        ),
    ]
    nbsp = "\u00a0"
    assert runtime.log[before:] == (
        "[ERROR] Failure: café is shut\nTraceback (most recent call last):\n"
        f'{nbsp * 2}File "{file}", line {calls}, in handler\n{nbsp * 4}inner()\n'
        f'{nbsp * 2}File "{file}", line {raises}, in inner\n'
        f'{nbsp * 4}raise Failure("caf\\u00e9 is shut")\n'
    )


@pytest.mark.parametrize(
    ("do", "message"),
    [
        ("object", "Unable to marshal response: Object of type object is not JSON serializable"),
        ("circle", "Unable to marshal response: Circular reference detected"),
    ],
)
def test_a_result_that_is_not_json_is_a_marshal_error(
    runtime: BootstrapProcess, do: str, message: str
) -> None:
    for _ in range(2):
        answer = runtime.invoke({"do": do}, request_id="request-9")
        assert answer.meta["type"] == "Runtime.MarshalError"
        assert answer.json == {
            "errorMessage": message,
            "errorType": "Runtime.MarshalError",
            "requestId": "request-9",
            "stackTrace": [],
        }
    assert runtime.invoke({"do": "echo", "value": [[]]}).json == [[]]


def test_bytes_are_answered_as_they_are(runtime: BootstrapProcess) -> None:
    assert runtime.invoke({"do": "bytes"}).body == b"\x89PNG"


def test_decimals_named_tuples_and_inner_bytes_are_as_simplejson_has_them(
    runtime: BootstrapProcess,
) -> None:
    body = runtime.invoke({"do": "kinds"}).body
    assert body == b'{"p": {"x": 1, "y": 2}, "d": 1.10, "b": "text", "t": [1, 2], "n": null}'


def test_a_lone_surrogate_is_escaped_or_refused(runtime: BootstrapProcess) -> None:
    answer = runtime.invoke({"do": "surrogate"})
    if version_of(runtime) >= (3, 12):
        assert answer.meta["type"] == "Runtime.MarshalError"
    else:
        assert answer.body == b'"\\ud800"'


@pytest.mark.parametrize("size", [100_000, 6_291_554])
def test_a_large_result_passes(runtime: BootstrapProcess, size: int) -> None:
    answer = runtime.invoke({"do": "large", "size": size})
    assert answer.kind is Kind.RESPONSE
    assert answer.body == b'"' + b"x" * size + b'"'


def test_a_result_over_the_limit_is_not_sent(runtime: BootstrapProcess) -> None:
    before = len(runtime.log)
    answer = runtime.invoke({"do": "large", "size": 6_291_555})
    assert answer.kind is Kind.ERROR
    assert answer.meta["type"] == "Function.ResponseSizeTooLarge"
    assert answer.body == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size (6291556 bytes).",'
        b'"errorType":"Function.ResponseSizeTooLarge"}'
    )
    assert "Http response code: 413." in runtime.log[before:]
    assert runtime.invoke({"do": "echo", "value": 1}).body == b"1"


def test_a_large_event_arrives(runtime: BootstrapProcess) -> None:
    value = "x" * 6_000_000
    assert runtime.invoke({"do": "echo", "value": value}).json == value


def test_the_context_is_aws_s(runtime: BootstrapProcess) -> None:
    context = json.dumps(
        {"custom": {"k": "v"}, "client": {"app_title": "shop"}, "w3c": {"traceparent": "00"}}
    )
    told = runtime.invoke({"do": "context"}, request_id="request-10", context=context).json
    client = (
        "Client([installation_id=None,app_title=shop,app_version_name=None,app_version_code=None,"
        "app_package_name=None])"
    )
    assert told["client"] == f"ClientContext([custom={{'k': 'v'}},env=None,client={client}])"
    assert told["repr"] == (
        "LambdaContext([aws_request_id=request-10,log_group_name=/aws/lambda/hello,"
        "log_stream_name=2026/11/25/[$LATEST]0123456789abcdef,function_name=hello,"
        "memory_limit_in_mb=128,function_version=$LATEST,"
        f"invoked_function_arn={ARN},client_context={told['client']},"
        "identity=CognitoIdentity([cognito_identity_id=None,cognito_identity_pool_id=None]),"
        "tenant_id=None])"
    )
    assert told["left"] > 0


def test_no_client_context_is_none(runtime: BootstrapProcess) -> None:
    assert runtime.invoke({"do": "context"}).json["client"] == "None"


def test_a_client_context_that_is_not_json_is_an_error(runtime: BootstrapProcess) -> None:
    answer = runtime.invoke({"do": "context"}, context="nonsense")
    assert answer.meta["type"] == "Runtime.LambdaContextUnmarshalError"
    message = answer.json["errorMessage"]
    assert (
        message == "Unable to parse Client Context JSON: Expecting value: line 1 column 1 (char 0)"
    )


def test_an_event_that_is_not_json_is_an_error(runtime: BootstrapProcess) -> None:
    meta = {"id": "request-1", "deadline": 1, "arn": ARN, "trace": TRACE, "context": ""}
    runtime.send(Kind.INVOKE, meta, b"nonsense")
    answer = runtime.receive()
    assert answer.meta["type"] == "Runtime.UnmarshalError"
    assert answer.json["errorMessage"].startswith("Unable to unmarshal input: Expecting value")


def test_the_environment_is_start_s_and_nothing_else(runtime: BootstrapProcess) -> None:
    expected = runtime.environ("app.handler", {"COLOUR": "blue", "_X_AMZN_TRACE_ID": TRACE})
    assert runtime.invoke({"do": "environ"}).json == expected


def test_code_runs_where_and_finds_what_it_does_on_aws(runtime: BootstrapProcess) -> None:
    world = runtime.invoke({"do": "world"}).json
    task_root = runtime.environ("", {})["LAMBDA_TASK_ROOT"]
    version = ".".join(map(str, version_of(runtime)))
    assert world["cwd"] == task_root
    assert world["path"][:3] == [
        task_root,
        f"/opt/python/lib/python{version}/site-packages",
        "/opt/python",
    ]
    assert world["main"].endswith("/bootstrap.py")
    assert world["argv"] == [world["main"]]
    assert (world["zone"][0], world["hour"]) == ("UTC", 0)


def test_the_channel_keeps_out_of_the_way(runtime: BootstrapProcess) -> None:
    numbers = runtime.invoke({"do": "world"}).json["open"]
    assert numbers[-2:] == [1000, 1001]
    assert 4 not in numbers
    assert {"1000", "1001"}.isdisjoint(runtime.invoke({"do": "child"}).json)


def test_closing_all_low_descriptors_does_no_harm(runtime: BootstrapProcess) -> None:
    assert runtime.invoke({"do": "close"}).body == b'"closed"'
    assert runtime.invoke({"do": "echo", "value": 1}).body == b"1"


def test_a_forked_child_that_returns_does_not_answer(runtime: BootstrapProcess) -> None:
    for _ in range(3):
        assert runtime.invoke({"do": "fork"}).body == b'"parent"'


def test_output_is_whole_before_the_answer(runtime: BootstrapProcess) -> None:
    before = len(runtime.log)
    assert runtime.invoke({"do": "print"}).body == b"null"
    written = runtime.log[before:]
    assert written.startswith("first\nsecond")
    assert " without end" in written
    assert "to stderr" in written


def test_logging_is_set_up_as_on_aws(runtime: BootstrapProcess) -> None:
    before = len(runtime.log)
    answer = runtime.invoke({"do": "log", "value": "it"}, request_id="request-11")
    assert answer.json == ["LambdaLoggerHandler"]
    level, at, request_id, message = runtime.log[before:].split("\t")
    assert (level, request_id, message) == ("[WARNING]", "request-11", "seen it\n")
    assert len(at) == len("2026-11-25T12:00:00.123Z")
    assert at.endswith("Z")


def test_a_record_ends_its_line_whatever_its_format(runtime: BootstrapProcess) -> None:
    before = len(runtime.log)
    runtime.invoke({"do": "formatter"})
    lines = runtime.log[before:].splitlines()
    assert lines[:3] == ["first", "second", "Traceback (most recent call last):"]
    assert lines[-2:] == ["app.Failure: café is shut", "third"]


def test_frames_that_come_in_pieces_are_put_together(runtime: BootstrapProcess) -> None:
    for size in (0, 1, 65_000, 65_537, 200_000):
        assert runtime.invoke({"do": "echo", "value": "y" * size}).json == "y" * size
