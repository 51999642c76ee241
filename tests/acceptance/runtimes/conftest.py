"""The functions of the suite, made once for each worker and runtime."""

import sys
from pathlib import Path

import pytest

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.kept import kept, run
from tests.acceptance.runtimes import node_function, python_function
from tests.acceptance.runtimes.suite import Suite
from tests.acceptance.runtimes.tiers import every_node, every_python, provide_node

OWN_SDK = "WHOSE = 'the package'\n"


def _files(folder: Path) -> dict[str, str | bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if "__pycache__" not in path.parts
    }


def pip_package(series: str) -> dict[str, str | bytes]:
    """A library with a native module, from PyPI, for a Python of `series`; the test is skipped where there is no network."""

    def fill(at: Path) -> None:
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
        command += ["--only-binary", ":all:", "--python-version", series]
        run(*command, "--target", str(at), "markupsafe", at=at)

    return _files(kept(f"markupsafe-{series}", fill))


def npm_package() -> dict[str, str | bytes]:
    """A library with a native module that it brings built, from npm."""

    def fill(at: Path) -> None:
        run(
            *("npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "bufferutil@4"),
            at=at,
        )

    return _files(kept("bufferutil", fill))


def _sdk_of_lambents(daemon: DaemonProcess, place: str, files: dict[str, str]) -> None:
    """Put a stand-in where AWS's SDK lies once it is fetched."""
    for name, text in files.items():
        file = daemon.data_dir / "sdk" / place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def python_suite(daemon: DaemonProcess, runtime: str) -> Suite:
    """The suite's function on the Python `runtime`; skips where the host has none."""
    suite = Suite(daemon, runtime)
    own = {"boto3/__init__.py": OWN_SDK, "pkg/mod.py": python_function.HANDLER}
    packages = pip_package(runtime.removeprefix("python"))
    suite.has("main", {**packages, **own}, Handler="pkg/mod.handler")
    sdk = {"boto3.py": "WHOSE = 'lambent'\n", "of_the_sdk_alone.py": ""}
    _sdk_of_lambents(daemon, f"{runtime}/site-packages", sdk)
    return suite


def node_suite(daemon: DaemonProcess, runtime: str) -> Suite:
    """The suite's function on the Node `runtime`, which is fetched where the host has none."""
    suite = Suite(daemon, runtime)
    provide_node(daemon, runtime)
    own: dict[str, str | bytes] = {
        "dir/file.js": node_function.HANDLER,
        "node_modules/@aws-sdk/client-s3/index.js": "exports.whose = 'the package'\n",
    }
    suite.has("main", {**npm_package(), **own}, Handler="dir/file.nested.handler")
    place = "nodejs18" if runtime == "nodejs18.x" else "nodejs"
    sdk = {f"{name}/index.js": "exports.whose = 'lambent'\n" for name in ("client-s3", "client-x")}
    _sdk_of_lambents(daemon, f"{place}/node_modules/@aws-sdk", sdk)
    return suite


@pytest.fixture(scope="session", params=every_python())
def python(request: pytest.FixtureRequest, daemon: DaemonProcess) -> Suite:
    """The suite's function on one Python."""
    return python_suite(daemon, request.param)


@pytest.fixture(scope="session", params=every_node())
def node(request: pytest.FixtureRequest, daemon: DaemonProcess) -> Suite:
    """The suite's function on one Node."""
    return node_suite(daemon, request.param)
