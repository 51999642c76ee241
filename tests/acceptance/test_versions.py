"""Versions and aliases: frozen, numbered, and weights that really steer."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.acceptance.daemon_process import DaemonProcess, end
from tests.acceptance.functions import call, create, zipped
from tests.acceptance.waiting import eventually

CODE = """
import os
def handler(event, context):
    return {'code': %d, 'version': context.function_version, 'variable': os.environ['AWS_LAMBDA_FUNCTION_VERSION'],
            'arn': context.invoked_function_arn, 'key': os.environ['KEY'], 'stream': context.log_stream_name}
"""


def called(lam: Any, name: str, **settings: Any) -> dict[str, Any]:
    result, error = call(lam, name, **settings)
    assert not error, result
    assert isinstance(result, dict)
    return result


def publish(lam: Any, name: str, number: str) -> None:
    assert lam.publish_version(FunctionName=name)["Version"] == number
    lam.get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier=number, WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
    )


@pytest.mark.parametrize(("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn")])
def test_versions_are_frozen_and_aliases_steer(
    daemon: DaemonProcess, region: str, partition: str
) -> None:
    lam = daemon.client("lambda", region=region, key="123456789012")
    name = "numbered"
    arn = f"arn:{partition}:lambda:{region}:123456789012:function:{name}"
    create(lam, name, CODE % 1, Environment={"Variables": {"KEY": "old"}})
    publish(lam, name, "1")
    lam.update_function_code(FunctionName=name, ZipFile=zipped({"app.py": CODE % 2}))
    lam.get_waiter("function_updated_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
    )
    lam.update_function_configuration(FunctionName=name, Environment={"Variables": {"KEY": "new"}})
    lam.get_waiter("function_updated_v2").wait(
        FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 2000}
    )
    publish(lam, name, "2")

    first = called(lam, name, Qualifier="1")
    assert (first["code"], first["version"], first["variable"]) == (1, "1", "1")
    assert (first["arn"], first["key"]) == (f"{arn}:1", "old")
    assert "[1]" in first["stream"]
    assert called(lam, name)["code"] == 2
    second = called(lam, f"{arn}:2")
    assert (second["code"], second["version"], second["key"]) == (2, "2", "new")

    lam.create_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
    )
    seen: Counter[str] = Counter()
    for _ in range(60):
        answer = lam.invoke(FunctionName=name, Qualifier="live")
        seen[answer["ExecutedVersion"]] += 1
        assert f'"arn": "{arn}:live"'.encode() in answer["Payload"].read()
    assert set(seen) == {"1", "2"}  # one of them missing has a chance of 2^-59
    lam.update_alias(
        FunctionName=name,
        Name="live",
        FunctionVersion="2",
        RoutingConfig={"AdditionalVersionWeights": {}},
    )
    assert called(lam, name, Qualifier="live")["version"] == "2"
    with pytest.raises(ClientError) as refused:
        lam.delete_function(FunctionName=name, Qualifier="2")
    assert refused.value.response["Error"]["Code"] == "ResourceConflictException"
    lam.delete_alias(FunctionName=name, Name="live")
    lam.delete_function(FunctionName=name, Qualifier="2")
    for qualifier in ("live", "2"):
        with pytest.raises(ClientError) as refused:
            lam.invoke(FunctionName=name, Qualifier=qualifier)
        assert (
            refused.value.response["Error"]["Message"] == f"Function not found: {arn}:{qualifier}"
        )
    lam.delete_function(FunctionName=name)
    with pytest.raises(ClientError):
        lam.invoke(FunctionName=name, Qualifier="1")


def test_versions_and_aliases_are_there_after_control_was_killed(daemon: DaemonProcess) -> None:
    lam = daemon.client("lambda", region="us-east-1", key="123456789012")
    name = "kept-versions"
    create(lam, name, CODE % 1, Environment={"Variables": {"KEY": "k"}})
    publish(lam, name, "1")
    lam.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    end(daemon.health()["processes"]["control"])
    assert called(lam, name, Qualifier="live")["version"] == "1"
    again = eventually(quietly(lambda: lam.get_alias(FunctionName=name, Name="live")))
    assert again["FunctionVersion"] == "1"
    end(daemon.health()["processes"]["edge"])
    back = eventually(quietly(lambda: called(lam, name, Qualifier="live")))
    assert back["version"] == "1"
    eventually(quietly(lambda: lam.delete_function(FunctionName=name)))


def quietly(ask: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any] | None]:
    """`ask`, None while what was killed is on its way back."""

    def asked() -> dict[str, Any] | None:
        try:
            return ask()
        except (BotoCoreError, ClientError):
            return None

    return asked
