"""The root access key that the daemon writes down."""

import json
import stat

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.daemon_process import DaemonProcess


@pytest.mark.parametrize(("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn")])
def test_the_root_key_is_the_root_user_and_its_signature_is_verified(
    daemon: DaemonProcess, region: str, partition: str
) -> None:
    path = daemon.data_dir / "keys" / "root.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = json.loads(path.read_bytes())
    right = {"key": key["AccessKeyId"], "secret": key["SecretAccessKey"], "region": region}
    identity = daemon.client("sts", **right).get_caller_identity()
    assert identity["Arn"] == f"arn:{partition}:iam::000000000000:root"

    wrong = right | {"secret": "another"}
    for call in (
        daemon.client("lambda", **wrong).list_functions,
        lambda: daemon.client("lambda", **wrong).invoke(FunctionName="any"),
    ):
        with pytest.raises(ClientError) as refused:
            call()
        assert refused.value.response["Error"]["Code"] == "InvalidSignatureException"
