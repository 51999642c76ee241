"""AWS's own SDKs inside functions; these tests fetch them, so they need pip's and npm's registries."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create, zipped
from tests.acceptance.test_node import make

pytestmark = pytest.mark.timeout(240)


FETCHER = 69_999
"""One uid in each run, so that what it has fetched is its own in the next one."""


def kept_between_runs() -> Path:
    """A folder of the fetcher's that it can reach."""
    folder = Path(tempfile.gettempdir(), f"lambent-tests-fetched-{FETCHER}")
    folder.mkdir(mode=0o700, exist_ok=True)
    assert not folder.is_symlink()
    os.chown(folder, FETCHER, FETCHER)
    return folder


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Lambda client of a daemon that fetches SDKs."""
    folder: Path = tmp_path_factory.mktemp("sdks")
    kept = kept_between_runs()
    caches = {"npm_config_cache": str(kept / "npm"), "PIP_CACHE_DIR": str(kept / "pip")}
    daemon = DaemonProcess(folder / "data", "--user", str(FETCHER), sdk=True, environ=caches)
    daemon.start()
    yield daemon.client("lambda", read_timeout=120)
    daemon.stop()
    assert daemon.leftovers() == []


@pytest.mark.parametrize("runtime", ["python3.8", "python3.11"])
def test_boto3_reaches_lambent_with_no_word_in_the_package(client: Any, runtime: str) -> None:
    code = """
import boto3
def handler(event, context):
    found = boto3.client('lambda').list_functions()['Functions']
    return [context.function_name in [f['FunctionName'] for f in found], boto3.__file__]
"""
    name = runtime.replace(".", "-")
    create(client, name, code, Runtime=runtime, Timeout=20, MemorySize=1024)
    assert call(client, name) == (
        [True, "/var/runtime/sdk/site-packages/boto3/__init__.py"],
        "",
    )


def test_a_package_s_own_copy_comes_first(client: Any) -> None:
    package = zipped(
        {"app.py": "import boto3\ndef handler(e, c): return boto3.OWN", "boto3.py": "OWN = 'mine'"}
    )
    create(client, "own-copy", "", Code={"ZipFile": package})
    assert call(client, "own-copy") == ("mine", "")


USE = """
exports.handler = async (event, context) => {
    const { Functions } = await new LambdaClient({}).send(new ListFunctionsCommand({}))
    return Functions.map((each) => each.FunctionName).includes(context.functionName)
}"""


def test_the_javascript_sdk_reaches_lambent(client: Any) -> None:
    required = "const { LambdaClient, ListFunctionsCommand } = require('@aws-sdk/client-lambda')"
    imported = "import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'"
    make(client, "required", required + USE, MemorySize=1024)
    assert call(client, "required") == (True, "")
    module = imported + USE.replace("exports.handler", "export const handler")
    make(client, "imported", {"index.mjs": module}, MemorySize=1024)
    assert call(client, "imported") == (True, "")
