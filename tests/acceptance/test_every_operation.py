"""boto3 calls every operation that its model of Lambda has: what is built succeeds, the rest is refused as declared."""

import pytest

from lambent.daemon.operations import EFFECTS
from tests.acceptance.aws_clients import PARTITIONS
from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.every_operation import Walk
from tests.fuzz.recipes import REFUSED
from tests.wire.botocore_side import operation_names


@pytest.mark.parametrize("region", PARTITIONS)
def test_every_operation_is_green_or_refused_as_declared(
    daemon: DaemonProcess, region: str
) -> None:
    lam = daemon.client("lambda", region=region)
    walk = Walk(lam, partition=PARTITIONS[region], name="every-operation")
    walk.walk()
    built = set(EFFECTS["lambda"])
    assert walk.called == built - set(REFUSED)
    assert walk.called | walk.refused == set(operation_names("lambda"))
