"""AWS's SDK for JavaScript, version 3, from outside, as npm gives it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.aws_clients import PARTITIONS, clean_environment, javascript_sdk
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import zipped

SCRIPTS = Path(__file__).parent / "javascript"
CODE = """
def handler(event, context):
    print("said", event)
    if event == "raise":
        raise ValueError("no")
    return {"hello": event}
"""


def started_script(
    script: str, *arguments: str, endpoint: str, region: str, home: Path
) -> subprocess.Popen[str]:
    """A script with the SDK at hand; skips the test where there is no Node."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node in PATH")
    return subprocess.Popen(
        [node, str(SCRIPTS / script), str(javascript_sdk()), *arguments],
        env=clean_environment(home)
        | {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_REGION": region,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_script(script: str, *arguments: str, endpoint: str, region: str, home: Path) -> str:
    """What a script prints."""
    with started_script(script, *arguments, endpoint=endpoint, region=region, home=home) as process:
        try:
            out, err = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert process.returncode == 0, err
    return out


@pytest.mark.parametrize("region", PARTITIONS)
def test_version_3_does_all_that_is_built(
    daemon: DaemonProcess, tmp_path: Path, region: str
) -> None:
    partition, name = PARTITIONS[region], "javascript"
    package = tmp_path / "function.zip"
    package.write_bytes(zipped({"app.py": CODE}))
    role = f"arn:{partition}:iam::000000000000:role/any"
    told = run_script(
        *("walk.mjs", str(package), name, role),
        endpoint=daemon.endpoint,
        region=region,
        home=tmp_path,
    )
    seen = json.loads(told)
    assert seen["arn"] == f"arn:{partition}:lambda:{region}:000000000000:function:{name}"
    assert (seen["active"], seen["updated"]) == ("SUCCESS", "SUCCESS")
    assert seen["answer"]["result"] == {"hello": {"name": "zoë"}}
    assert seen["answer"]["version"] == "$LATEST"
    assert "said {'name': 'zoë'}\n" in seen["answer"]["tail"]
    assert seen["raised"]["error"] == "Unhandled"
    assert seen["raised"]["result"]["errorType"] == "ValueError"
    assert seen["tags"] == {"team": "x"}
    assert name in seen["names"]
    assert seen["messages"] == ["said {'name': 'zoë'}\n", "said raise\n"]
    assert seen["caller"] == ["000000000000", f"arn:{partition}:iam::000000000000:root"]
    assert seen["downloaded"] is True
    assert seen["deleted"] == 204
    unparsed, unknown, unbuilt = seen["refused"]
    assert (unparsed[0], unparsed[2:]) == (
        "InvalidRequestContentException",
        [400, 1, "client", True],
    )
    assert unknown == [
        "ResourceNotFoundException",
        f"Function not found: arn:{partition}:lambda:{region}:000000000000:function:nobody",
        *(404, 1, "client", True),
    ]
    assert unbuilt == [
        "NotImplementedException",
        "InvokeWithResponseStream of lambda is not in lambent yet.",
        *(501, 1, "server", True),
    ]
