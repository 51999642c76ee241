"""Golden pairs of layers, their policies, and the layers of functions (reference 01 §5, §7, §8, §14)."""

import json
from typing import Any, Final

from tests.golden.case import UUID, Case, Like, answers, refuses, step
from tests.golden.texts import BAD_MARKER, CONFLICT, INVALID, NOT_FOUND, PRECONDITION
from tests.golden.worlds import sha256
from tests.services.lambda_.bench import ZIP

_MARKED: Final[dict[str, dict[str, Any]]] = {
    "ListLayers": {},
    "ListLayerVersions": {"LayerName": "tools"},
}
LAYER: Final = "{arn}:layer:tools"
_CONTENT: Final = {"ZipFile": ZIP}
PUBLISH: Final = step("PublishLayerVersion", LayerName="tools", Content=_CONTENT)
OTHER: Final = step("PublishLayerVersion", LayerName="other", Content=_CONTENT)
_VERSION: Final[dict[str, Any]] = {"LayerName": "tools", "VersionNumber": 1}
_GRANT: Final[dict[str, Any]] = {
    "StatementId": "xaccount",
    "Action": "lambda:GetLayerVersion",
    "Principal": "{other_account}",
}
_SHARED: Final = [PUBLISH, step("AddLayerVersionPermission", **_VERSION, **_GRANT)]
_LOCATION: Final = Like(pattern=r"http://localhost:4566/_lambent/code/[0-9a-f]{64}\?Expires=.+")

_NOT_THERE: Final = "The resource you requested does not exist."
_NO_VERSION: Final = f"Layer version {LAYER}:1 does not exist."
_BELOW_ONE: Final = "Layer Version Cannot be less than 1"
_ELSEWHERE: Final = "Layers from '{other_region}' are not reachable in this region ('{region}')"
ELSEWHERE_ARN: Final = "arn:{partition}:lambda:{other_region}:{account}:layer:tools"
STRANGER: Final = "arn:{partition}:lambda:{region}:{other_account}:layer:tools"
_NO_POLICY: Final = "No policy is associated with the given resource."
_STALE: Final = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetLayerPolicy API to retrieve the latest Revision Id"
)


def denied(operation: str, arn: str) -> str:
    """What an account is told of another's layer."""
    return (
        f"User: arn:{{partition}}:iam::{{account}}:root is not authorized to perform: lambda:{operation} "
        f"on resource: {arn} because no resource-based policy allows the lambda:{operation} action"
    )


def _listed(number: int = 1, name: str = "tools", **more: Any) -> dict[str, Any]:
    """A LayerVersionsListItem."""
    return {
        "LayerVersionArn": f"{{arn}}:layer:{name}:{number}",
        "Version": number,
        "Description": "",
        "CreatedDate": "2024-05-01T12:34:56.789+0000",
    } | more


def _whole(number: int = 1, **more: Any) -> dict[str, Any]:
    content = {"Location": _LOCATION, "CodeSha256": sha256(ZIP), "CodeSize": len(ZIP)}
    return {"Content": content, "LayerArn": LAYER} | _listed(number, **more)


_STATEMENT: Final = {
    "Sid": "xaccount",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:{partition}:iam::{other_account}:root"},
    "Action": "lambda:GetLayerVersion",
    "Resource": f"{LAYER}:1",
}


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


_DESCRIBED: Final[dict[str, Any]] = {
    "Description": "what it is",
    "CompatibleRuntimes": ["python3.13"],
    "CompatibleArchitectures": [],
    "LicenseInfo": "MIT",
}

_LAYERS: Final = (
    answers(
        "PublishLayerVersion",
        _whole(),
        status=201,
        source="reference 01 §14",
        LayerName="tools",
        Content=_CONTENT,
    ),
    answers(
        "PublishLayerVersion",
        _whole(2, **_DESCRIBED),
        shows="all that can be said of it",
        status=201,
        source="reference 01 §14",
        after=[PUBLISH],
        LayerName=LAYER,
        Content=_CONTENT,
        **_DESCRIBED,
    ),
    answers(
        "PublishLayerVersion",
        _whole(3),
        shows="a number is not given again after deletion",
        status=201,
        source="reference 01 §14, recorded",
        after=[
            PUBLISH,
            PUBLISH,
            *(step("DeleteLayerVersion", LayerName="tools", VersionNumber=n) for n in (1, 2)),
        ],
        LayerName="tools",
        Content=_CONTENT,
    ),
    refuses(
        "PublishLayerVersion",
        INVALID,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
        shows="no zip",
        source="reference 01 §5",
        LayerName="tools",
        Content={"ZipFile": b"no zip"},
    ),
    answers(
        "ListLayers",
        {
            "Layers": [
                {
                    "LayerName": "tools",
                    "LayerArn": LAYER,
                    "LatestMatchingVersion": _listed(2, **_DESCRIBED),
                }
            ]
        },
        shows="the newest that goes with a runtime",
        source="reference 01 §14; AWS documentation: API_ListLayers",
        after=[
            PUBLISH,
            step("PublishLayerVersion", LayerName="tools", Content=_CONTENT, **_DESCRIBED),
            PUBLISH,
            OTHER,
        ],
        CompatibleRuntime="python3.13",
    ),
    answers(
        "ListLayerVersions",
        {"LayerVersions": [_listed(2), _listed(1)]},
        source="reference 01 §14",
        after=[PUBLISH, PUBLISH],
        LayerName="tools",
    ),
    answers(
        "ListLayerVersions",
        {"LayerVersions": []},
        shows="an unknown layer",
        source="reference 01 §8",
        LayerName="tools",
    ),
    *(
        refuses(
            operation,
            INVALID,
            BAD_MARKER,
            shows="a marker of nobody",
            source="docs/doubts.md",
            Marker="???",
            **members,
        )
        for operation, members in _MARKED.items()
    ),
    answers("GetLayerVersion", _whole(), source="reference 01 §14", after=[PUBLISH], **_VERSION),
    answers(
        "GetLayerVersionByArn",
        _whole(),
        source="reference 01 §14",
        after=[PUBLISH],
        Arn=f"{LAYER}:1",
    ),
    answers(
        "DeleteLayerVersion",
        None,
        status=204,
        source="reference 01 §3",
        after=[PUBLISH],
        **_VERSION,
    ),
    answers(
        "DeleteLayerVersion",
        None,
        shows="of what is not there",
        status=204,
        source="reference 01 §8",
        **_VERSION,
    ),
)

_OF_ONE: Final[dict[str, dict[str, Any]]] = {
    "GetLayerVersion": _VERSION,
    "DeleteLayerVersion": _VERSION,
    "GetLayerVersionPolicy": _VERSION,
    "AddLayerVersionPermission": _VERSION | _GRANT,
    "RemoveLayerVersionPermission": _VERSION | {"StatementId": "xaccount"},
}
_OF_A_LAYER: Final[dict[str, dict[str, Any]]] = _OF_ONE | {
    "PublishLayerVersion": {"LayerName": "tools", "Content": _CONTENT},
    "ListLayerVersions": {"LayerName": "tools"},
}

_NAMES: Final = (
    *(
        refuses(
            operation,
            NOT_FOUND,
            _ELSEWHERE,
            shows="another region",
            source="docs/doubts.md",
            **(members | {"LayerName": ELSEWHERE_ARN}),
        )
        for operation, members in _OF_A_LAYER.items()
    ),
    *(
        refuses(
            operation,
            "AccessDeniedException",
            denied(operation, STRANGER + (":1" if operation == "GetLayerVersion" else "")),
            shows="another account",
            source="docs/doubts.md; of GetLayerVersion users' reports",
            **(members | {"LayerName": STRANGER}),
        )
        for operation, members in _OF_A_LAYER.items()
    ),
    *(
        refuses(
            operation,
            INVALID,
            _BELOW_ONE,
            shows="version 0",
            source="reference 01 §14",
            **(members | {"VersionNumber": 0}),
        )
        for operation, members in _OF_ONE.items()
    ),
    refuses(
        "GetLayerVersion",
        NOT_FOUND,
        _NOT_THERE,
        shows="no such version",
        source="reference 01 §8",
        **_VERSION,
    ),
    refuses(
        "GetLayerVersionByArn",
        NOT_FOUND,
        _NOT_THERE,
        shows="no such version",
        source="reference 01 §8",
        Arn=f"{LAYER}:1",
    ),
    refuses(
        "GetLayerVersionByArn",
        INVALID,
        _BELOW_ONE,
        shows="version 0",
        source="reference 01 §14",
        Arn=f"{LAYER}:0",
    ),
    refuses(
        "GetLayerVersionByArn",
        "AccessDeniedException",
        denied("GetLayerVersion", f"{STRANGER}:1"),
        shows="another account",
        source="users' reports",
        Arn=f"{STRANGER}:1",
    ),
)

_POLICIES: Final = (
    answers(
        "AddLayerVersionPermission",
        {"Statement": _json(_STATEMENT), "RevisionId": UUID},
        status=201,
        source="AWS documentation: Granting layer access to other accounts",
        after=[PUBLISH],
        **_VERSION,
        **_GRANT,
    ),
    answers(
        "AddLayerVersionPermission",
        {
            "Statement": _json(
                _STATEMENT
                | {
                    "Principal": "*",
                    "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-t194hfs8cz"}},
                }
            ),
            "RevisionId": UUID,
        },
        shows="the accounts of an organisation",
        status=201,
        source="AWS documentation: Granting layer access to other accounts",
        after=[PUBLISH],
        **(_VERSION | _GRANT | {"Principal": "*", "OrganizationId": "o-t194hfs8cz"}),
    ),
    refuses(
        "AddLayerVersionPermission",
        CONFLICT,
        "The statement id (xaccount) provided already exists. "
        "Please provide a new statement id, or remove the existing statement.",
        shows="the statement's id is taken",
        source="reference 01 §11",
        after=_SHARED,
        **_VERSION,
        **_GRANT,
    ),
    refuses(
        "AddLayerVersionPermission",
        PRECONDITION,
        _STALE,
        shows="a stale revision",
        source="reference 01 §7",
        after=_SHARED,
        RevisionId="stale",
        **(_VERSION | _GRANT | {"StatementId": "second"}),
    ),
    answers(
        "GetLayerVersionPolicy",
        {
            "Policy": _json({"Version": "2012-10-17", "Id": "default", "Statement": [_STATEMENT]}),
            "RevisionId": UUID,
        },
        source="reference 01 §11, §14",
        after=_SHARED,
        **_VERSION,
    ),
    refuses(
        "GetLayerVersionPolicy",
        NOT_FOUND,
        _NO_POLICY,
        shows="no policy",
        source="reference 01 §8",
        after=[PUBLISH],
        **_VERSION,
    ),
    answers(
        "RemoveLayerVersionPermission",
        None,
        status=204,
        source="reference 01 §3",
        after=_SHARED,
        StatementId="xaccount",
        **_VERSION,
    ),
    refuses(
        "RemoveLayerVersionPermission",
        NOT_FOUND,
        "Statement other is not found in resource policy.",
        shows="no such statement",
        source="reference 01 §8",
        after=_SHARED,
        StatementId="other",
        **_VERSION,
    ),
    refuses(
        "RemoveLayerVersionPermission",
        PRECONDITION,
        _STALE,
        shows="a stale revision",
        source="reference 01 §7",
        after=_SHARED,
        StatementId="xaccount",
        RevisionId="stale",
        **_VERSION,
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            _NO_VERSION,
            shows="no such version",
            source="reference 01 §8",
            **members,
        )
        for operation, members in _OF_ONE.items()
        if operation.endswith(("Permission", "Policy"))
    ),
)

CASES: Final[tuple[Case, ...]] = (*_LAYERS, *_NAMES, *_POLICIES)
