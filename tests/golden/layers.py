"""Golden pairs of layers and their policies (reference 01 §2.2, §7, §8, §14)."""

from typing import Any, Final

from tests.golden.case import UUID, Case, Like, answers, refuses, step
from tests.golden.texts import BAD_MARKER, CONFLICT, INVALID, NOT_FOUND, OLD_REVISION, PRECONDITION
from tests.golden.worlds import ACTIVE, NEEDED, sha256
from tests.services.lambda_.bench import ZIP

_ARN: Final = "{arn}:layer:tools"
_PUBLISH: Final[dict[str, Any]] = {"LayerName": "tools", "Content": {"ZipFile": ZIP}}
_FIRST: Final[dict[str, Any]] = {"LayerName": "tools", "VersionNumber": 1}
_PUBLISHED: Final = [step("PublishLayerVersion", **_PUBLISH)]
_LISTED: Final[dict[str, Any]] = {
    "LayerVersionArn": f"{_ARN}:1",
    "Version": 1,
    "Description": "",
    "CreatedDate": "2024-05-01T12:34:56.789+0000",
}
_SHOWN: Final[dict[str, Any]] = _LISTED | {
    "LayerArn": _ARN,
    "Content": {
        "Location": Like(pattern=r"http://localhost:4566/\S+"),
        "CodeSha256": sha256(ZIP),
        "CodeSize": len(ZIP),
    },
}
_NOT_THERE: Final = "The resource you requested does not exist."
_NO_VERSION: Final = f"Layer version {_ARN}:1 does not exist."
_BELOW_ONE: Final = "Layer Version Cannot be less than 1"
_PERMISSION: Final[dict[str, Any]] = _FIRST | {
    "StatementId": "all",
    "Action": "lambda:GetLayerVersion",
    "Principal": "*",
}
_REMOVAL: Final[dict[str, Any]] = _FIRST | {"StatementId": "all"}
_SHARED: Final = [*_PUBLISHED, step("AddLayerVersionPermission", **_PERMISSION)]
_STATEMENT: Final = (
    '{"Sid":"all","Effect":"Allow","Principal":"*","Action":"lambda:GetLayerVersion",'
    f'"Resource":"{_ARN}:1"}}'
)
_STALE: Final = (
    "The Revision Id provided does not match the latest Revision Id. "
    "Call the GetLayerPolicy API to retrieve the latest Revision Id"
)
_ELSEWHERE: Final = "Layers from '{other_region}' are not reachable in this region ('{region}')"
_NO_POLICY: Final = "No policy is associated with the given resource."
_LONG: Final[dict[str, Any]] = _PERMISSION | {
    "StatementId": "x" * 100,
    "OrganizationId": "o-" + "a" * 32,
}
_FILLED: Final = [
    *_PUBLISHED,
    *(
        step(
            "AddLayerVersionPermission",
            **(_LONG | {"StatementId": f"{number:03}" + "x" * 95}),
        )
        for number in range(61)
    ),
]
"""A policy to which one more statement of the longest name is too much."""

_VERSIONS: Final = (
    answers(
        "PublishLayerVersion",
        _SHOWN,
        status=201,
        source="reference 01 §14",
        **_PUBLISH,
    ),
    answers(
        "PublishLayerVersion",
        _SHOWN | {"CompatibleRuntimes": [], "CompatibleArchitectures": ["arm64"]},
        shows="an empty list is echoed",
        status=201,
        source="reference 01 §14",
        CompatibleRuntimes=[],
        CompatibleArchitectures=["arm64"],
        **_PUBLISH,
    ),
    refuses(
        "PublishLayerVersion",
        INVALID,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
        shows="not a zip",
        source="reference 01 §5, of functions",
        **(_PUBLISH | {"Content": {"ZipFile": b"not a zip"}}),
    ),
    refuses(
        "PublishLayerVersion",
        NOT_FOUND,
        _ELSEWHERE,
        shows="an ARN of another region",
        source="as of functions: reference 01 §2.1",
        **(_PUBLISH | {"LayerName": "arn:{partition}:lambda:{other_region}:{account}:layer:tools"}),
    ),
    answers("GetLayerVersion", _SHOWN, source="reference 01 §14", after=_PUBLISHED, **_FIRST),
    answers(
        "GetLayerVersionByArn",
        _SHOWN,
        source="reference 01 §14",
        after=_PUBLISHED,
        Arn=f"{_ARN}:1",
    ),
    answers(
        "ListLayers",
        {"Layers": [{"LayerName": "tools", "LayerArn": _ARN, "LatestMatchingVersion": _LISTED}]},
        source="reference 01 §14",
        after=_PUBLISHED,
    ),
    answers(
        "ListLayerVersions",
        {
            "LayerVersions": [
                _LISTED | {"Version": 2, "LayerVersionArn": f"{_ARN}:2"},
                _LISTED,
            ]
        },
        source="reference 01 §14",
        after=[*_PUBLISHED, *_PUBLISHED],
        LayerName="tools",
    ),
    answers(
        "ListLayerVersions",
        {"LayerVersions": []},
        shows="no such layer",
        source="reference 01 §8",
        LayerName="tools",
    ),
    answers(
        "DeleteLayerVersion",
        None,
        status=204,
        source="reference 01 §3",
        after=_PUBLISHED,
        **_FIRST,
    ),
    answers(
        "DeleteLayerVersion",
        None,
        shows="no such version",
        status=204,
        source="reference 01 §8",
        **_FIRST,
    ),
    refuses(
        "GetLayerVersion",
        NOT_FOUND,
        _NOT_THERE,
        shows="no such version",
        source="reference 01 §8",
        **_FIRST,
    ),
    refuses(
        "GetLayerVersionByArn",
        NOT_FOUND,
        _NOT_THERE,
        shows="no such version",
        source="reference 01 §8",
        Arn=f"{_ARN}:1",
    ),
    refuses(
        "GetLayerVersionByArn",
        INVALID,
        _BELOW_ONE,
        shows="a version below 1",
        source="reference 01 §14",
        Arn=f"{_ARN}:0",
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
        for operation, members in (
            ("ListLayers", dict[str, Any]()),
            ("ListLayerVersions", {"LayerName": "tools"}),
        )
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            _ELSEWHERE,
            shows="an ARN of another region",
            source="as of functions: reference 01 §2.1",
            **(members | {"LayerName": "arn:{partition}:lambda:{other_region}:{account}:layer:t"}),
        )
        for operation, members in (
            ("DeleteLayerVersion", _FIRST),
            ("ListLayerVersions", dict[str, Any]()),
        )
    ),
)

_POLICIES: Final = (
    answers(
        "AddLayerVersionPermission",
        {"Statement": _STATEMENT, "RevisionId": UUID},
        status=201,
        source="reference 01 §14",
        after=_PUBLISHED,
        **_PERMISSION,
    ),
    answers(
        "GetLayerVersionPolicy",
        {
            "Policy": f'{{"Version":"2012-10-17","Id":"default","Statement":[{_STATEMENT}]}}',
            "RevisionId": UUID,
        },
        source="reference 01 §14",
        after=_SHARED,
        **_FIRST,
    ),
    answers(
        "RemoveLayerVersionPermission",
        None,
        status=204,
        source="reference 01 §3",
        after=_SHARED,
        **_REMOVAL,
    ),
    refuses(
        "AddLayerVersionPermission",
        CONFLICT,
        "The statement id (all) provided already exists. "
        "Please provide a new statement id, or remove the existing statement.",
        shows="a name that is taken",
        source="reference 01 §11, of functions",
        after=_SHARED,
        **_PERMISSION,
    ),
    refuses(
        "AddLayerVersionPermission",
        "PolicyLengthExceededException",
        Like(pattern=r"The final policy size \(\d{5}\) is bigger than the limit \(20480\)\."),
        shows="too much of it",
        source="reference 01 §11, of functions; the words were seen by users",
        after=_FILLED,
        **_LONG,
    ),
    refuses(
        "GetLayerVersionPolicy",
        NOT_FOUND,
        _NO_POLICY,
        shows="no policy",
        source="reference 01 §8, of functions",
        after=_PUBLISHED,
        **_FIRST,
    ),
    refuses(
        "RemoveLayerVersionPermission",
        NOT_FOUND,
        _NO_POLICY,
        shows="no policy",
        source="reference 01 §8, of functions",
        after=_PUBLISHED,
        **_REMOVAL,
    ),
    *(
        refuses(
            operation,
            PRECONDITION,
            _STALE,
            shows="a stale revision",
            source="reference 01 §7",
            after=after,
            RevisionId=OLD_REVISION,
            **members,
        )
        for operation, after, members in (
            ("AddLayerVersionPermission", _PUBLISHED, _PERMISSION),
            ("RemoveLayerVersionPermission", _SHARED, _REMOVAL),
        )
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
        for operation, members in (
            ("AddLayerVersionPermission", _PERMISSION),
            ("GetLayerVersionPolicy", _FIRST),
            ("RemoveLayerVersionPermission", _REMOVAL),
        )
    ),
)

_BELOW: Final = tuple(
    refuses(
        operation,
        INVALID,
        _BELOW_ONE,
        shows="a version below 1",
        source="reference 01 §14",
        **(members | {"VersionNumber": 0}),
    )
    for operation, members in (
        ("GetLayerVersion", _FIRST),
        ("DeleteLayerVersion", _FIRST),
        ("AddLayerVersionPermission", _PERMISSION),
        ("GetLayerVersionPolicy", _FIRST),
        ("RemoveLayerVersionPermission", _REMOVAL),
    )
)

_OF_FUNCTIONS: Final = (
    refuses(
        "CreateFunction",
        INVALID,
        _NO_VERSION,
        shows="no such layer version",
        source="reference 01 §5",
        **(NEEDED | {"Layers": [f"{_ARN}:1"]}),
    ),
    refuses(
        "UpdateFunctionConfiguration",
        INVALID,
        "Two different versions of the same layer are not allowed to be referenced in the same function. "
        f"{_ARN}:1 and {_ARN}:2 are versions of the same layer.",
        shows="a layer twice",
        source="reference 01 §5",
        after=[*ACTIVE, *_PUBLISHED, *_PUBLISHED],
        FunctionName="fn",
        Layers=[f"{_ARN}:1", f"{_ARN}:2"],
    ),
)

CASES: Final[tuple[Case, ...]] = (*_VERSIONS, *_POLICIES, *_BELOW, *_OF_FUNCTIONS)
