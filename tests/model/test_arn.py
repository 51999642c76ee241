"""ARNs, held against the patterns of botocore's Lambda model."""

import re
from typing import Any, Final

import pytest
from botocore.loaders import Loader

from lambent.model import arn
from lambent.model.function import FunctionKey

SHAPES: Final[dict[str, Any]] = Loader().load_service_model("lambda", "service-2")["shapes"]
REGIONS: Final = ["us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1", "us-isob-east-1"]
ACCOUNT: Final = "123456789012"


def fits(text: str, shape: str) -> bool:
    return re.fullmatch(SHAPES[shape]["pattern"], text) is not None


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("qualifier", ["", "$LATEST", "7", "live"])
def test_a_function_arn_fits_the_model(region: str, qualifier: str) -> None:
    made = arn.function_arn(region=region, account_id=ACCOUNT, name="f-1_a", qualifier=qualifier)
    assert fits(made, "FunctionArn")
    assert made.endswith(f":function:f-1_a{':' if qualifier else ''}{qualifier}")


@pytest.mark.parametrize("region", REGIONS)
def test_a_runtime_version_has_no_account(region: str) -> None:
    assert fits(arn.runtime_version_arn(region=region, digest="0" * 64), "RuntimeVersionArn")


@pytest.mark.parametrize("region", REGIONS)
def test_a_mapping_s_arn_fits_the_model(region: str) -> None:
    uuid = "6a2c8b3e-1d5c-4b7e-9f0a-2c4d6e8f0a1b"
    made = arn.event_source_mapping_arn(region=region, account_id=ACCOUNT, uuid=uuid)
    assert fits(made, "EventSourceMappingArn")
    assert made.endswith(f":event-source-mapping:{uuid}")


def test_the_partition_follows_from_the_region() -> None:
    assert arn.root_arn(region="cn-north-1", account_id=ACCOUNT) == (
        f"arn:aws-cn:iam::{ACCOUNT}:root"
    )
    assert arn.assumed_role_arn(
        region="us-gov-west-1", account_id=ACCOUNT, role="r", session="f"
    ) == (f"arn:aws-us-gov:sts::{ACCOUNT}:assumed-role/r/f")
    assert arn.log_stream_arn(
        region="cn-north-1", account_id=ACCOUNT, group="/aws/lambda/f", stream="s"
    ) == (f"arn:aws-cn:logs:cn-north-1:{ACCOUNT}:log-group:/aws/lambda/f:log-stream:s")


def test_a_function_key_names_both_of_its_arns() -> None:
    key = FunctionKey(account_id=ACCOUNT, region="us-east-1", name="f")
    assert key.unqualified_arn == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"
    assert key.arn == f"{key.unqualified_arn}:$LATEST"
