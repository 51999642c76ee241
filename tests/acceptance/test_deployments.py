"""Packages from S3, settings without effect and deprecated runtimes, with a daemon of their own."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import ROLE, RUNTIME, call, create, zipped
from tests.aws_client.stand_in import StandIn, error, s3_stand_in

CODE = "def handler(event, context): return ['from S3', event]"


class Deployed:
    """A daemon that fetches from `s3` and refuses what AWS refuses."""

    def __init__(self, daemon: DaemonProcess, s3: StandIn) -> None:
        self.daemon, self.s3 = daemon, s3
        self.lambda_: Any = daemon.client("lambda")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    data: Path = tmp_path_factory.mktemp("deployments") / "data"
    with s3_stand_in() as s3:
        daemon = DaemonProcess(
            data,
            environ={
                "LAMBENT_CODE_S3_ENDPOINT": s3.url,
                "LAMBENT_RUNTIMES_DEPRECATION": "enforce",
                "AWS_ACCESS_KEY_ID": "AKIDOFTHEDAEMON",
                "AWS_SECRET_ACCESS_KEY": "secret",
            },
        )
        daemon.start()
        yield Deployed(daemon, s3)
        daemon.stop()
        assert daemon.leftovers() == []


def test_a_function_from_s3_runs_and_its_settings_without_effect_are_told_of(
    deployed: Deployed,
) -> None:
    deployed.s3.objects["/code/v%201/app.zip"] = zipped({"app.py": CODE})
    made = create(
        deployed.lambda_,
        "from-s3",
        "",
        Code={"S3Bucket": "code", "S3Key": "v 1/app.zip"},
        TracingConfig={"Mode": "Active"},
    )
    assert made["TracingConfig"] == {"Mode": "Active"}
    assert call(deployed.lambda_, "from-s3", 1) == (["from S3", 1], "")
    _, headers = deployed.s3.asked[-1]
    assert "Credential=AKIDOFTHEDAEMON/" in headers["authorization"]
    log = deployed.daemon.log.read_text()
    assert (
        "from-s3:$LATEST: TracingConfig.Mode has no effect here. No traces are recorded yet." in log
    )


def test_what_s3_refuses_is_refused_in_lambdas_words(deployed: Deployed) -> None:
    deployed.s3.answers["/none/app.zip"] = error(
        404, "NoSuchBucket", "The specified bucket does not exist"
    )
    with pytest.raises(ClientError) as refused:
        deployed.lambda_.create_function(
            FunctionName="from-nowhere",
            Runtime=RUNTIME,
            Handler="app.handler",
            Role=ROLE,
            Code={"S3Bucket": "none", "S3Key": "app.zip"},
        )
    assert refused.value.response["Error"] == {
        "Code": "InvalidParameterValueException",
        "Message": (
            "Error occurred while GetObject. S3 Error Code: NoSuchBucket. "
            "S3 Error Message: The specified bucket does not exist"
        ),
    }


def test_enforced_a_runtime_that_aws_takes_no_more_is_refused(deployed: Deployed) -> None:
    with pytest.raises(
        ClientError, match=r"The runtime parameter of go1\.x is no longer supported"
    ):
        deployed.lambda_.create_function(
            FunctionName="too-old",
            Runtime="go1.x",
            Handler="app.handler",
            Role=ROLE,
            Code={"ZipFile": zipped({"app": ""})},
        )
