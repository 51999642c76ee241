"""Golden answers, written from the reference (01 §4), and how a refusal is asked for."""

import base64
import hashlib
from typing import Any

import pytest

from lambent.model.errors import ServiceError
from tests.fakes.versions import ACCOUNT
from tests.services.lambda_.bench import REGIONS, RUNTIME_DIGEST, ZIP, Bench

SHA256 = base64.b64encode(hashlib.sha256(ZIP).digest()).decode()


def golden(bench: Bench, **changes: Any) -> dict[str, Any]:
    """A FunctionConfiguration of the function that `Bench.create` makes, just created."""
    whole = {
        "FunctionName": "fn",
        "FunctionArn": bench.arn(),
        "Runtime": "python3.13",
        "Role": f"arn:{REGIONS[bench.region]}:iam::{ACCOUNT}:role/r",
        "Handler": "app.handler",
        "CodeSize": len(ZIP),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": "2024-05-01T12:34:56.789+0000",
        "CodeSha256": SHA256,
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": "00000000-0000-4000-8000-000000000001",
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/fn"},
        "RuntimeVersionConfig": {
            "RuntimeVersionArn": f"arn:{REGIONS[bench.region]}:lambda:{bench.region}::runtime:{RUNTIME_DIGEST}"
        },
    } | changes
    return {member: value for member, value in whole.items() if value is not None}


async def refused(bench: Bench, operation: str, **members: Any) -> tuple[str, str, int]:
    """Code, text and status of the error that an operation answers."""
    with pytest.raises(ServiceError) as error:
        await bench.call(operation, **members)
    return error.value.code, error.value.message, error.value.status


async def create_refused(bench: Bench, **members: Any) -> tuple[str, str, int]:
    with pytest.raises(ServiceError) as error:
        await bench.create(**members)
    return error.value.code, error.value.message, error.value.status


INVALID = "InvalidParameterValueException"
NOT_FOUND = "ResourceNotFoundException"
