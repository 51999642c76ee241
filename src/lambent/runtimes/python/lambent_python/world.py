"""What surrounds the handler: environment, working directory, time zone, module path, standard streams."""

from __future__ import annotations

import io
import os
import site
import sys
import time

TYPE_CHECKING = False  # typing itself takes 5 ms of each start
if TYPE_CHECKING:
    from typing import Mapping, NoReturn

CHANNEL_VARIABLE = "_LAMBENT_CHANNEL"
_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
_READ_AT_START = ("PYTHON", "LD_", "MALLOC_", "GLIBC_", "LC_ALL", "LC_CTYPE")
_TAKEN_OVER_LATER = frozenset(
    [
        "PYTHONPATH",
        "PYTHONPYCACHEPREFIX",
        "PYTHONDONTWRITEBYTECODE",
        "PYTHONUNBUFFERED",
        "PYTHONBREAKPOINT",
        "PYTHONASYNCIODEBUG",
    ]
)


def needs_new_interpreter(environ: Mapping[str, str], booted_with: Mapping[str, str]) -> bool:
    """Whether `environ` asks for what only a starting process can do: the interpreter is up before it is known."""
    if environ.get(_WRAPPER):
        return True
    return any(
        key.startswith(_READ_AT_START)
        and key not in _TAKEN_OVER_LATER
        and booted_with.get(key) != value
        for key, value in environ.items()
    )


def start_again(
    environ: Mapping[str, str], bootstrap: str, descriptors: tuple[int, int]
) -> NoReturn:
    """Replace this process by one that has `environ` from its first moment, through the function's wrapper if any."""
    given = dict(environ)
    if not _own_python_path(given):
        given.pop("PYTHONPATH", None)
    libraries = f"{sys.base_prefix}/lib"
    if libraries not in given.get("LD_LIBRARY_PATH", libraries).split(":"):
        given["LD_LIBRARY_PATH"] += ":" + libraries  # without it the interpreter finds no libpython
    given[CHANNEL_VARIABLE] = ",".join(map(str, descriptors))
    for descriptor in descriptors:
        os.set_inheritable(descriptor, True)
    arguments = [sys.executable, bootstrap]
    wrapper = given.get(_WRAPPER)
    if wrapper:
        _refuse_unusable(wrapper)
        arguments.insert(0, wrapper)
    os.chdir(given["LAMBDA_TASK_ROOT"])
    try:
        os.execve(arguments[0], arguments, given)
    except OSError as error:
        _end(f"{arguments[0]}: {error.strerror}", 126)


def _refuse_unusable(wrapper: str) -> None:
    # The words and statuses are those of AWS's /var/runtime/bootstrap.
    if not os.path.isfile(wrapper):  # noqa: PTH113  # importing pathlib costs 5 ms of each start
        _end(f"{wrapper}: does not exist", 127)
    if not os.access(wrapper, os.X_OK):
        _end(f"{wrapper}: is not an executable", 126)


def _end(message: str, status: int) -> NoReturn:
    print(message, flush=True)
    os._exit(status)


def enter(environ: Mapping[str, str]) -> None:
    """Take over `environ` as the whole environment, with all that a running interpreter can still take from it."""
    os.environ.clear()
    os.environ.update(environ)
    if environ.get("PYTHONPYCACHEPREFIX"):
        sys.pycache_prefix = environ["PYTHONPYCACHEPREFIX"]
    if environ.get("PYTHONDONTWRITEBYTECODE"):
        sys.dont_write_bytecode = True
    if _own_python_path(environ):
        sys.path[1:1] = environ["PYTHONPATH"].split(":")


def settle() -> None:
    """Set working directory, time zone, streams and module path by `os.environ`, in AWS's order."""
    os.chdir(os.environ["LAMBDA_TASK_ROOT"])
    time.tzset()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            at_once = bool(os.environ.get("PYTHONUNBUFFERED"))
            stream.reconfigure(line_buffering=True, write_through=at_once)
    _set_module_path()


def _set_module_path() -> None:
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    task_root = os.environ["LAMBDA_TASK_ROOT"]
    runtime_dir = os.environ.get("LAMBDA_RUNTIME_DIR", "/var/runtime")
    # Without walls a folder stands for the root, so /opt is found from what else is told to lie below it.
    opt = os.path.normpath(f"{runtime_dir}/../../opt")
    layers = [f"{opt}/python/lib/{version}/site-packages", f"{opt}/python"]
    sys.path.append(f"{runtime_dir}/sdk/site-packages")
    own = _own_python_path(os.environ)
    if not own:
        if sys.version_info >= (3, 11):
            sys.path.insert(0, f"{sys.prefix}/lib/{version}/site-packages")
        sys.path[:0] = layers
    sys.path.insert(0, task_root)
    # As on AWS, .pth files in the package and in layers count.
    for directory in [task_root] if own else [task_root, *layers]:
        site.addsitedir(directory)
    if not own:
        os.environ["PYTHONPATH"] = runtime_dir


def _own_python_path(environ: Mapping[str, str]) -> bool:
    # The runtime's own directory is the platform's value: AWS shows it when the function has set none.
    return environ.get("PYTHONPATH", "") not in ("", environ.get("LAMBDA_RUNTIME_DIR"))
