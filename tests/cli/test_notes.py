"""Who deploys is told of settings without effect, on stderr."""

from pathlib import Path

import pytest

from tests.cli.conftest import type_of_run
from tests.cli.endpoint import Endpoint, Reply

FUNCTION = "/2015-03-31/functions/hello"
PAGE = {
    "services": {},
    "inputs": {
        "lambda": {
            "CreateFunction": [
                {"member": "Timeout", "fate": "effective"},
                {"member": "VpcConfig", "fate": "without effect", "note": "There are no VPCs."},
                {
                    "member": "TracingConfig.Mode",
                    "fate": "without effect",
                    "note": "No traces.",
                    "harmless": "PassThrough",
                },
                {"member": "Code.SourceKMSKeyArn", "fate": "without effect", "note": "No KMS."},
            ]
        }
    },
}
ORDINARY = {
    "FunctionName": "hello",
    "Runtime": "python3.12",
    "Handler": "app.handler",
    "State": "Active",
    "CodeSize": 1,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {
        "SubnetIds": [],
        "SecurityGroupIds": [],
        "VpcId": "",
        "Ipv6AllowedForDualStack": False,
    },
}
ASKING = ORDINARY | {
    "TracingConfig": {"Mode": "Active"},
    "VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"], "VpcId": ""},
}
TOLD = (
    "lambent: VpcConfig has no effect here. There are no VPCs.\n"
    "lambent: TracingConfig.Mode has no effect here. No traces.\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text("def handler(event, context): ...")
    return tmp_path


@pytest.mark.parametrize(("configuration", "told"), [(ORDINARY, ""), (ASKING, TOLD)])
def test_update_and_create_tell_of_what_was_asked_for_in_vain(
    api: Endpoint,
    run: type_of_run,
    folder: Path,
    configuration: dict[str, object],
    told: str,
) -> None:
    api.on(f"PUT {FUNCTION}/code", Reply(configuration))
    api.on("POST /2015-03-31/functions", Reply(configuration, 201))
    api.on(f"GET {FUNCTION}/configuration", Reply(configuration))
    api.on("GET /_lambent/operations", Reply(PAGE))
    updated = run("functions", "update", "hello", str(folder))
    assert (updated.stdout, updated.stderr) == ("hello is updated: 1 bytes\n", told)
    created = run("functions", "create", "hello", str(folder), "--runtime", "python3.12")
    assert created.stderr == told


def test_an_endpoint_that_tells_nothing_is_no_failure(
    api: Endpoint, run: type_of_run, folder: Path
) -> None:
    api.on(f"PUT {FUNCTION}/code", Reply(ASKING))
    api.on(f"GET {FUNCTION}/configuration", Reply(ASKING))
    result = run("functions", "update", "hello", str(folder))
    assert (result.exit_code, result.stderr) == (0, "")
