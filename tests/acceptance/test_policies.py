"""What Terraform and CDK read back after a create: policies and the small configuration resources, by boto3."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.daemon_process import DaemonProcess
from tests.acceptance.functions import create, zipped

ACCOUNT = "123456789012"
CODE = "def handler(event, context): return event\n"
REGIONS = pytest.mark.parametrize(
    ("region", "partition"), [("us-east-1", "aws"), ("cn-north-1", "aws-cn")]
)


def without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@REGIONS
def test_policies_are_read_back_and_end(daemon: DaemonProcess, region: str, partition: str) -> None:
    lam = daemon.client("lambda", region=region, key=ACCOUNT)
    arn = f"arn:{partition}:lambda:{region}:{ACCOUNT}:function:permitted"
    create(lam, "permitted", CODE)
    asked = {"StatementId": "a", "Action": "lambda:InvokeFunction", "Principal": ACCOUNT}
    statement = json.loads(lam.add_permission(FunctionName="permitted", **asked)["Statement"])
    assert statement["Principal"] == {"AWS": f"arn:{partition}:iam::{ACCOUNT}:root"}
    shown = lam.get_policy(FunctionName="permitted")
    assert json.loads(shown["Policy"])["Statement"] == [statement]
    function = lam.get_function_configuration(FunctionName="permitted")
    assert shown["RevisionId"] == function["RevisionId"]
    with pytest.raises(lam.exceptions.PreconditionFailedException):
        lam.remove_permission(FunctionName="permitted", StatementId="a", RevisionId="stale")
    whole = lam.get_resource_policy(ResourceArn=arn)
    assert whole["Policy"] == shown["Policy"]
    lam.delete_resource_policy(ResourceArn=arn, RevisionId=whole["RevisionId"])
    with pytest.raises(lam.exceptions.ResourceNotFoundException):
        lam.get_policy(FunctionName="permitted")


@REGIONS
def test_small_resources_are_read_back(daemon: DaemonProcess, region: str, partition: str) -> None:
    lam = daemon.client("lambda", region=region, key=ACCOUNT)
    name = {"FunctionName": "configured"}
    create(lam, "configured", CODE)
    put = lam.put_function_event_invoke_config(**name, MaximumRetryAttempts=0)
    read = lam.get_function_event_invoke_config(**name)
    assert without_metadata(put) == without_metadata(read)
    paginator = lam.get_paginator("list_function_event_invoke_configs")
    (page,) = paginator.paginate(**name)
    assert page["FunctionEventInvokeConfigs"] == [without_metadata(read)]

    cors = {"AllowOrigins": ["*"], "MaxAge": 0}
    url = lam.create_function_url_config(**name, AuthType="AWS_IAM", Cors=cors)["FunctionUrl"]
    read = lam.get_function_url_config(**name)
    assert (read["FunctionUrl"], read["Cors"], read["InvokeMode"]) == (url, cors, "BUFFERED")

    assert lam.get_function_recursion_config(**name)["RecursiveLoop"] == "Terminate"
    lam.put_function_recursion_config(**name, RecursiveLoop="Allow")
    assert lam.get_function_recursion_config(**name)["RecursiveLoop"] == "Allow"

    runtime = lam.get_function_configuration(**name)["RuntimeVersionConfig"]["RuntimeVersionArn"]
    assert runtime.startswith(f"arn:{partition}:lambda:{region}::runtime:")
    manual = {"UpdateRuntimeOn": "Manual", "RuntimeVersionArn": runtime}
    lam.put_runtime_management_config(**name, **manual)
    assert manual.items() <= lam.get_runtime_management_config(**name).items()

    assert lam.list_capacity_providers()["CapacityProviders"] == []
    assert lam.list_durable_executions_by_function(**name)["DurableExecutions"] == []
    assert lam.publish_version(**name)["Version"] == "1"
    with pytest.raises(lam.exceptions.InvalidParameterValueException):
        lam.get_function_scaling_config(**name, Qualifier="1")
    with pytest.raises(ClientError, match="CreateCapacityProvider"):
        lam.create_capacity_provider(
            CapacityProviderName="none",
            VpcConfig={"SubnetIds": ["subnet-1"], "SecurityGroupIds": []},
            PermissionsConfig={
                "CapacityProviderOperatorRoleArn": f"arn:{partition}:iam::{ACCOUNT}:role/r"
            },
        )


@REGIONS
def test_an_enforced_signing_configuration_lets_nothing_be_deployed(
    daemon: DaemonProcess, region: str, partition: str
) -> None:
    lam = daemon.client("lambda", region=region, key=ACCOUNT)
    profile = f"arn:{partition}:signer:{region}:{ACCOUNT}:/signing-profiles/p/1"
    arn = lam.create_code_signing_config(
        AllowedPublishers={"SigningProfileVersionArns": [profile]}, Tags={"a": "b"}
    )["CodeSigningConfig"]["CodeSigningConfigArn"]
    name = {"FunctionName": "signed"}
    create(lam, "signed", CODE, CodeSigningConfigArn=arn)
    assert lam.get_function_code_signing_config(**name)["CodeSigningConfigArn"] == arn
    assert lam.list_tags(Resource=arn)["Tags"] == {"a": "b"}
    functions = lam.list_functions_by_code_signing_config(CodeSigningConfigArn=arn)
    assert len(functions["FunctionArns"]) == 1
    with pytest.raises(lam.exceptions.ResourceConflictException):
        lam.delete_code_signing_config(CodeSigningConfigArn=arn)
    lam.update_code_signing_config(
        CodeSigningConfigArn=arn, CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"}
    )
    with pytest.raises(lam.exceptions.InvalidCodeSignatureException):
        lam.update_function_code(**name, ZipFile=zipped({"app.py": CODE}))
    lam.delete_function_code_signing_config(**name)
    assert "CodeSigningConfigArn" not in lam.get_function_code_signing_config(**name)
    lam.delete_code_signing_config(CodeSigningConfigArn=arn)
