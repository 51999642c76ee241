"""What golden cases come after, and what functions look like in their answers (reference 01 §4)."""

import base64
import hashlib
from typing import Any, Final

from tests.catalog.zips import python_zip
from tests.golden.case import UUID, step
from tests.services.lambda_.bench import RUNTIME_DIGEST, ZIP

ROLE: Final = "arn:{partition}:iam::{account}:role/r"
FN: Final = "{arn}:function:fn"
OTHER_ZIP: Final = python_zip("def handler(event, context): return 2")
NEEDED: Final[dict[str, Any]] = {
    "FunctionName": "fn",
    "Runtime": "python3.13",
    "Role": ROLE,
    "Handler": "app.handler",
    "Code": {"ZipFile": ZIP},
}
PENDING: Final = [step("CreateFunction", is_settled=False, **NEEDED)]
ACTIVE: Final = [step("CreateFunction", **NEEDED)]
PUBLISHED: Final = [*ACTIVE, step("PublishVersion", FunctionName="fn")]
TWO_VERSIONS: Final = [
    *PUBLISHED,
    step("UpdateFunctionCode", FunctionName="fn", ZipFile=OTHER_ZIP),
    step("PublishVersion", FunctionName="fn"),
]
ALIASED: Final = [
    *TWO_VERSIONS,
    step("CreateAlias", FunctionName="fn", Name="live", FunctionVersion="1"),
]
IN_PROGRESS: Final = [
    *ACTIVE,
    step("UpdateFunctionConfiguration", is_settled=False, FunctionName="fn", Timeout=9),
]


def sha256(content: bytes) -> str:
    """As `CodeSha256` writes it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def listed(**changes: Any) -> dict[str, Any]:
    """A FunctionConfiguration of `NEEDED` in lists; None takes a member away."""
    whole = {
        "FunctionName": "fn",
        "FunctionArn": FN,
        "Runtime": "python3.13",
        "Role": ROLE,
        "Handler": "app.handler",
        "CodeSize": len(ZIP),
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": "2024-05-01T12:34:56.789+0000",
        "CodeSha256": sha256(ZIP),
        "Version": "$LATEST",
        "TracingConfig": {"Mode": "PassThrough"},
        "RevisionId": UUID,
        "PackageType": "Zip",
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/fn"},
    } | changes
    return {member: value for member, value in whole.items() if value is not None}


def active(**changes: Any) -> dict[str, Any]:
    """As `listed`, of one that is active, where it is shown alone."""
    alone = {
        "State": "Active",
        "LastUpdateStatus": "Successful",
        "RuntimeVersionConfig": {
            "RuntimeVersionArn": f"arn:{{partition}}:lambda:{{region}}::runtime:{RUNTIME_DIGEST}"
        },
    }
    return listed(**(alone | changes))


def pending(**changes: Any) -> dict[str, Any]:
    """As `active`, of one that was just created or published."""
    waiting = {
        "State": "Pending",
        "StateReason": "The function is being created.",
        "StateReasonCode": "Creating",
        "LastUpdateStatus": None,
    }
    return active(**(waiting | changes))


def in_progress(**changes: Any) -> dict[str, Any]:
    """As `active`, of one that was just updated (recorded: AWS's words for it)."""
    waiting = {
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": "The function is being created.",
        "LastUpdateStatusReasonCode": "Creating",
    }
    return active(**(waiting | changes))
