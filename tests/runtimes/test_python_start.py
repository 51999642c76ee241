"""How the Python bootstrap becomes a function, and how it ends: the oldest and the newest Python that are found."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from lambent_python import channel

from lambent.runtime_api.frames import Kind
from tests.runtimes.bootstrap_process import BOOTSTRAP, BootstrapProcess
from tests.runtimes.interpreters import interpreter

NO_BREAK = "\u00a0"


@pytest.fixture(params=["3.8", "3.13"])
def python(request: pytest.FixtureRequest) -> Path:
    return interpreter(request.param)


@pytest.fixture
def task_root(tmp_path: Path) -> Path:
    folder = tmp_path / "task"
    folder.mkdir()
    return folder


def failure_of(python: Path, task_root: Path, handler: str) -> dict[str, Any]:
    """The error JSON of an init that fails, once the process has exited with 1."""
    with BootstrapProcess(python, task_root) as process:
        answer = process.start(handler)
        assert answer.kind is Kind.INIT_ERROR
        assert answer.meta == {"type": answer.json["errorType"]}
        assert process.wait() == 1
        error = answer.json
        assert list(error) == ["errorMessage", "errorType", "requestId", "stackTrace"]
        assert error["requestId"] == ""
        assert "LAMBDA_WARNING: Unhandled exception." in process.log
        assert f"[ERROR] {error['errorType']}: {error['errorMessage']}\n" in process.log
        return dict(error)


def test_a_module_that_is_missing(python: Path, task_root: Path) -> None:
    error = failure_of(python, task_root, "nothing.handler")
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert error["errorMessage"] == "Unable to import module 'nothing': No module named 'nothing'"
    assert error["stackTrace"] == []


def test_a_module_that_misses_another(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("import nothing_at_all\n")
    error = failure_of(python, task_root, "app.handler")
    assert error["errorType"] == "Runtime.ImportModuleError"
    assert (
        error["errorMessage"] == "Unable to import module 'app': No module named 'nothing_at_all'"
    )


def test_a_handler_that_is_missing(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("")
    error = failure_of(python, task_root, "app.handler")
    assert error["errorType"] == "Runtime.HandlerNotFound"
    assert error["errorMessage"] == "Handler 'handler' missing on module 'app'"


def test_a_handler_without_a_module(python: Path, task_root: Path) -> None:
    error = failure_of(python, task_root, "handler")
    assert error["errorType"] == "Runtime.MalformedHandlerName"
    assert error["errorMessage"] == (
        "Bad handler 'handler': not enough values to unpack (expected 2, got 1)"
    )


def test_a_built_in_module(python: Path, task_root: Path) -> None:
    error = failure_of(python, task_root, "sys.exit")
    assert error["errorType"] == "Runtime.BuiltInModuleConflict"
    assert error["errorMessage"] == "Cannot use built-in module sys as a handler module"


def test_a_syntax_error(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("def handler(event, context)\n    pass\n")
    error = failure_of(python, task_root, "app.handler")
    assert error["errorType"] == "Runtime.UserCodeSyntaxError"
    assert error["errorMessage"].startswith("Syntax error in module 'app': ")
    assert error["errorMessage"].endswith(" (app.py, line 1)")
    trace = f'  File "{task_root}/app.py" Line 1\n    def handler(event, context)\n'
    assert error["stackTrace"] == [trace]


def test_an_exception_while_the_module_is_imported(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("LIMIT = 1 / 0\n")
    error = failure_of(python, task_root, "app.handler")
    assert error["errorType"] == "ZeroDivisionError"
    assert error["errorMessage"] == "division by zero"
    assert "/importlib/__init__.py" in error["stackTrace"][0]
    last = f'  File "{task_root}/app.py", line 1, in <module>\n    LIMIT = 1 / 0\n'
    assert error["stackTrace"][-1] == last


@pytest.mark.parametrize(("code", "status"), [("0", 0), ("3", 3), ('"words"', 1)])
def test_a_module_that_exits_is_a_crash(
    python: Path, task_root: Path, code: str, status: int
) -> None:
    (task_root / "app.py").write_text(f"import sys\nsys.exit({code})\n")
    with BootstrapProcess(python, task_root) as process:
        with pytest.raises(EOFError):
            process.start("app.handler")
        assert process.wait() == status


def test_a_handler_that_exits_is_a_crash_whose_output_is_kept(
    python: Path, task_root: Path
) -> None:
    (task_root / "app.py").write_text(
        "import sys\ndef handler(event, context):\n    print('leaving', end='')\n    sys.exit(7)\n"
    )
    with BootstrapProcess(python, task_root) as process:
        process.start("app.handler")
        with pytest.raises(EOFError):
            process.invoke({})
        assert process.wait() == 7
        assert process.log == "leaving"


def test_a_handler_that_is_not_callable_shows_the_runtime_s_own_line(
    python: Path, task_root: Path
) -> None:
    (task_root / "app.py").write_text("handler = 1\n")
    with BootstrapProcess(python, task_root) as process:
        process.start("app.handler")
        error = process.invoke({}).json
        assert error["errorMessage"] == "'int' object is not callable"
        assert "/bootstrap.py" in error["stackTrace"][-1]


@pytest.mark.parametrize("handler", ["src/web/app.handler", "src.web.app.handler"])
def test_a_handler_may_lie_in_a_folder(python: Path, task_root: Path, handler: str) -> None:
    folder = task_root / "src" / "web"
    folder.mkdir(parents=True)
    (folder / "app.py").write_text("def handler(event, context):\n    return __name__\n")
    with BootstrapProcess(python, task_root) as process:
        assert process.start(handler).kind is Kind.INIT_DONE
        assert process.invoke({}).json == "src.web.app"


def test_the_engine_s_end_is_an_orderly_one(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("def handler(event, context):\n    return 1\n")
    with BootstrapProcess(python, task_root) as process:
        process.start("app.handler")
        process.hang_up()
        assert process.wait() == 0


def test_the_end_before_any_start_is_an_orderly_one(python: Path, task_root: Path) -> None:
    with BootstrapProcess(python, task_root) as process:
        assert process.receive().kind is Kind.WAITING
        process.hang_up()
        assert process.wait() == 0


ENVIRON_APP = """
import os, sys
def handler(event, context):
    return {"hash": hash("lambent"), "optimize": sys.flags.optimize, "path": sys.path, "environ": dict(os.environ),
            "argv": sys.argv, "cwd": os.getcwd()}
"""


def test_what_only_a_new_interpreter_can_obey_is_obeyed(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text(ENVIRON_APP)
    hashes = set()
    for _ in range(2):
        with BootstrapProcess(python, task_root) as process:
            given = {"PYTHONHASHSEED": "7", "PYTHONOPTIMIZE": "2"}
            assert process.start("app.handler", given).kind is Kind.INIT_DONE
            seen = process.invoke({}).json
            hashes.add(seen["hash"])
            assert seen["optimize"] == 2
            shown = {k: v for k, v in seen["environ"].items() if k != "_X_AMZN_TRACE_ID"}
            assert shown == process.environ("app.handler", given)
            assert seen["cwd"] == seen["path"][0] == str(task_root)
    assert len(hashes) == 1


def test_the_function_s_own_python_path_is_searched(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("import beside\ndef handler(e, c):\n    return beside.NAME\n")
    (task_root / "vendored").mkdir()
    (task_root / "vendored" / "beside.py").write_text("NAME = 'found'\n")
    with BootstrapProcess(python, task_root) as process:
        given = {"PYTHONPATH": f"{task_root}/vendored:/var/runtime"}
        assert process.start("app.handler", given).kind is Kind.INIT_DONE
        assert process.invoke({}).json == "found"


def test_a_pth_file_of_the_package_counts(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("import beside\ndef handler(e, c):\n    return beside.NAME\n")
    (task_root / "more.pth").write_text("vendored\n")
    (task_root / "vendored").mkdir()
    (task_root / "vendored" / "beside.py").write_text("NAME = 'found'\n")
    with BootstrapProcess(python, task_root) as process:
        assert process.start("app.handler").kind is Kind.INIT_DONE
        assert process.invoke({}).json == "found"


def test_a_wrapper_script_starts_the_runtime(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text(ENVIRON_APP)
    wrapper = task_root / "wrapper"
    wrapper.write_text('#!/bin/sh\necho wrapped "$#"\nexport ADDED=yes\nexec "$@"\n')
    wrapper.chmod(wrapper.stat().st_mode | stat.S_IXUSR)
    with BootstrapProcess(python, task_root) as process:
        given = {"AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)}
        assert process.start("app.handler", given).kind is Kind.INIT_DONE
        assert process.invoke({}).json["environ"]["ADDED"] == "yes"
        assert process.log == "wrapped 2\n"


@pytest.mark.parametrize(
    ("mode", "status", "words"),
    [(None, 127, "does not exist"), (0o644, 126, "is not an executable")],
)
def test_a_wrapper_that_cannot_be_run_ends_the_runtime(
    python: Path, task_root: Path, mode: int | None, status: int, words: str
) -> None:
    wrapper = task_root / "wrapper"
    if mode is not None:
        wrapper.write_text("#!/bin/sh\n")
        wrapper.chmod(mode)
    with BootstrapProcess(python, task_root) as process:
        with pytest.raises(EOFError):
            process.start("app.handler", {"AWS_LAMBDA_EXEC_WRAPPER": str(wrapper)})
        assert process.wait() == status
        assert process.log == f"{wrapper}: {words}\n"


def test_json_logs_are_as_aws_has_them(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text(
        "import logging\n"
        "def handler(event, context):\n"
        "    logging.info('seen', extra={'colour': 'blue'})\n"
        "    raise ValueError('boom')\n"
    )
    with BootstrapProcess(python, task_root) as process:
        given = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO"}
        process.start("app.handler", given)
        process.invoke({}, request_id="request-3")
        first, second = map(json.loads, process.log.splitlines())
    assert first.pop("timestamp").endswith("Z")
    assert first == {
        "level": "INFO",
        "message": "seen",
        "logger": "root",
        "requestId": "request-3",
        "colour": "blue",
    }
    assert second.pop("timestamp")
    assert second.pop("stackTrace")
    assert second == {
        "level": "ERROR",
        "errorMessage": "boom",
        "errorType": "ValueError",
        "requestId": "request-3",
    }


def test_an_error_without_a_message(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("def handler(event, context):\n    raise ValueError\n")
    with BootstrapProcess(python, task_root) as process:
        process.start("app.handler")
        error = process.invoke({}).json
        assert (error["errorMessage"], error["errorType"]) == ("", "ValueError")
        first, second, third, fourth = process.log.splitlines()
    assert (first, second) == ("[ERROR] ValueError", "Traceback (most recent call last):")
    assert third == f'{NO_BREAK * 2}File "{task_root}/app.py", line 2, in handler'
    assert fourth == f"{NO_BREAK * 4}raise ValueError"


def test_a_message_that_is_no_unicode_still_arrives(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text("def handler(e, c):\n    raise ValueError('\\ud800')\n")
    with BootstrapProcess(python, task_root) as process:
        process.start("app.handler")
        assert process.invoke({}).json["errorMessage"] == "\ud800"
        assert process.invoke({}).kind is Kind.ERROR
        assert "[ERROR] ValueError: \\ud800\n" in process.log


def test_closed_standard_streams_do_not_end_the_runtime(python: Path, task_root: Path) -> None:
    (task_root / "app.py").write_text(
        "import sys\ndef handler(e, c):\n    sys.stdout.close()\n    return 1\n"
    )
    with BootstrapProcess(python, task_root) as process:
        process.start("app.handler")
        assert process.invoke({}).body == b"1"
        assert process.invoke({}).body == b"1"


def test_every_file_of_the_bootstrap_compiles_on_every_python(python: Path, tmp_path: Path) -> None:
    files = [str(f) for f in BOOTSTRAP.parent.rglob("*.py")]
    assert len(files) >= 8
    argv = [str(python), "-m", "py_compile", *files]
    pid = os.posix_spawn(python, argv, {"PYTHONPYCACHEPREFIX": str(tmp_path)})
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_both_ends_number_the_frames_alike() -> None:
    assert {kind.name: getattr(channel, kind.name) for kind in Kind} == {
        kind.name: kind.value for kind in Kind
    }
