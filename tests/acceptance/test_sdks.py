"""AWS's own SDKs inside functions; these tests fetch them, so they need pip's and npm's registries."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.custom_runtimes import RIC, packages_for_the_host
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import call, create, zipped
from tests.acceptance.test_node import make
from tests.acceptance.waiting import eventually

pytestmark = pytest.mark.timeout(240)


FETCHER = 69_999 if os.geteuid() == 0 else os.geteuid()
"""One uid in each run, so that what it has fetched is its own in the next one."""


def kept_between_runs() -> Path:
    """A folder of the fetcher's that it can reach."""
    folder = Path(tempfile.gettempdir(), f"lambent-tests-fetched-{FETCHER}")
    folder.mkdir(mode=0o700, exist_ok=True)
    assert not folder.is_symlink()
    if os.geteuid() == 0:
        os.chown(folder, FETCHER, FETCHER)
    return folder


def _user() -> tuple[str, ...]:
    """The option that makes it the fetcher's; an ordinary user's daemon has no choice."""
    return ("--user", str(FETCHER)) if os.geteuid() == 0 else ()


@pytest.fixture(scope="module")
def fetching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaemonProcess]:
    """A daemon that fetches SDKs."""
    folder: Path = tmp_path_factory.mktemp("sdks")
    kept = kept_between_runs()
    caches = {"npm_config_cache": str(kept / "npm"), "PIP_CACHE_DIR": str(kept / "pip")}
    daemon = DaemonProcess(folder / "data", *_user(), sdk=True, environ=caches)
    daemon.start()
    yield daemon
    daemon.stop()
    assert daemon.leftovers() == []


@pytest.fixture
def client(fetching: DaemonProcess) -> Any:
    """A Lambda client of it."""
    return fetching.client("lambda", read_timeout=120)


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


def _called(client: Any, name: str) -> tuple[Any, str]:
    """`call`, once the SDK is there: a function waits for it a minute, and a slow host takes longer to unpack it."""

    def answered() -> tuple[Any, str] | None:
        result, error = call(client, name)
        missing = error and result["errorType"] == "Runtime.ImportModuleError"
        return None if missing else (result, error)

    return eventually(answered, within_seconds=180)


USE = """
exports.handler = async (event, context) => {
    const { Functions } = await new LambdaClient({}).send(new ListFunctionsCommand({}))
    return Functions.map((each) => each.FunctionName).includes(context.functionName)
}"""


def test_the_javascript_sdk_reaches_lambent(client: Any) -> None:
    required = "const { LambdaClient, ListFunctionsCommand } = require('@aws-sdk/client-lambda')"
    imported = "import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda'"
    make(client, "required", required + USE, MemorySize=1024)
    assert _called(client, "required") == (True, "")
    module = imported + USE.replace("exports.handler", "export const handler")
    make(client, "imported", {"index.mjs": module}, MemorySize=1024)
    assert call(client, "imported") == (True, "")


REGION = "cn-north-1"
ROLE = "arn:aws-cn:iam::000000000000:role/teams/inside"
ASKS_WITH_BOTO3 = """
import os, sys
import boto3
def handler(event, context):
    names = [each['FunctionName'] for each in boto3.client('lambda').list_functions()['Functions']]
    return {'arn': boto3.client('sts').get_caller_identity()['Arn'], 'listed': context.function_name in names,
            'packages': [place for place in sys.path if place.endswith('-packages') and os.path.isdir(place) and os.listdir(place)]}
"""
ASKS_WITH_JAVASCRIPT = """
const { LambdaClient, ListFunctionsCommand } = require('@aws-sdk/client-lambda')
const { STSClient, GetCallerIdentityCommand } = require('@aws-sdk/client-sts')
exports.handler = async (event, context) => {
    const { Functions } = await new LambdaClient({}).send(new ListFunctionsCommand({}))
    const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}))
    return { arn: Arn, listed: Functions.map((each) => each.FunctionName).includes(context.functionName) }
}"""


@pytest.fixture
def chinese(fetching: DaemonProcess) -> Any:
    """A Lambda client of it in another partition."""
    return fetching.client("lambda", region=REGION, read_timeout=120)


def _asked(client: Any, name: str) -> dict[str, Any]:
    result, error = _called(client, name)
    assert not error, result
    assert result["arn"] == f"arn:aws-cn:sts::000000000000:assumed-role/inside/{name}"
    assert result["listed"] is True
    found: dict[str, Any] = result
    return found


def test_in_china_a_python_function_is_its_role(chinese: Any) -> None:
    create(chinese, "cn-python", ASKS_WITH_BOTO3, Role=ROLE, Timeout=20, MemorySize=1024)
    sdk_alone = ["/var/runtime/sdk/site-packages"]
    assert _asked(chinese, "cn-python")["packages"] == sdk_alone, "the host's are invisible"


def test_in_china_a_node_function_is_its_role(chinese: Any) -> None:
    make(chinese, "cn-node", ASKS_WITH_JAVASCRIPT, Role=ROLE, MemorySize=1024)
    _asked(chinese, "cn-node")


def test_in_china_a_program_with_an_sdk_of_its_own_is_its_role(chinese: Any) -> None:
    files = packages_for_the_host("awslambdaric", "boto3")
    package = zipped({**files, "bootstrap": RIC, "app.py": ASKS_WITH_BOTO3}, mode=0o755)
    settings = {"Role": ROLE, "Runtime": "provided.al2023", "Timeout": 20, "MemorySize": 1024}
    create(chinese, "cn-provided", "", Code={"ZipFile": package}, **settings)
    assert _asked(chinese, "cn-provided")["packages"] == [], "the host's are invisible"
