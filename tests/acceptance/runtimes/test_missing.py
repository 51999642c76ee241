"""A runtime that the host lacks: what is said of it is true, and mends it."""

import re
import subprocess
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from lambent.runtimes.nodes import NODES
from tests.acceptance.daemon_process import ROOT, DaemonProcess
from tests.acceptance.functions import ROLE, call, zipped
from tests.acceptance.runtimes.tiers import host_node, provide_node

PACKAGE = zipped({"index.js": "exports.handler = async () => process.versions.node.split('.')[0]"})
MISSING = next(each for each in reversed(NODES) if each != host_node())


def _refused(lam: Any, name: str) -> str:
    """Create a function of the missing runtime; why it has failed."""
    lam.create_function(
        FunctionName=name,
        Runtime=MISSING,
        Handler="index.handler",
        Role=ROLE,
        Code={"ZipFile": PACKAGE},
    )
    with pytest.raises(WaiterError):
        lam.get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
        )
    state = lam.get_function_configuration(FunctionName=name)
    assert (state["State"], state["StateReasonCode"]) == ("Failed", "InvalidRuntime")
    with pytest.raises(ClientError):
        lam.invoke(FunctionName=name)
    reason: str = state["StateReason"]
    return reason


def _mended(lam: Any, name: str) -> None:
    lam.update_function_code(FunctionName=name, ZipFile=PACKAGE)
    lam.get_waiter("function_updated_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
    )
    assert lam.get_function_configuration(FunctionName=name)["State"] == "Active"
    major = MISSING.removeprefix("nodejs").removesuffix(".x")
    assert call(lam, name) == (major, "")


def test_a_function_fails_with_a_command_and_lives_once_its_runtime_is_there(
    own_daemon: DaemonProcess,
) -> None:
    lam = own_daemon.client("lambda")
    reason = _refused(lam, "missing")
    assert reason.startswith(f"{MISSING} needs Node ")
    assert f"`lambent runtimes install {MISSING} --data-dir {own_daemon.data_dir}`" in reason
    provide_node(own_daemon, MISSING)
    _mended(lam, "missing")


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_command_works(own_daemon: DaemonProcess) -> None:
    lam = own_daemon.client("lambda")
    command = re.search(r"`lambent (runtimes install [^`]+)`", _refused(lam, "commanded"))
    assert command is not None
    done = subprocess.run(
        [str(ROOT / "lambent"), *command[1].split()], capture_output=True, text=True, check=False
    )
    if "npm failed" in done.stderr:
        pytest.skip(f"npm's registry does not answer: {done.stderr}")
    assert done.returncode == 0, done.stderr
    assert f"{MISSING} is " in done.stdout
    _mended(lam, "commanded")
