"""Golden pairs of code signing (reference 01 §2.2, §8, §15)."""

from typing import Any, Final

from tests.golden.case import Case, Like, answers, refuses, step
from tests.golden.texts import BAD_MARKER, CONFLICT, INVALID, NOT_FOUND, NOT_THERE, ONLY_FUNCTIONS
from tests.golden.worlds import ACTIVE, NEEDED, OTHER_ZIP, PUBLISHED

_PUBLISHERS: Final[dict[str, Any]] = {
    "SigningProfileVersionArns": [
        "arn:{partition}:signer:{region}:{account}:/signing-profiles/Profile/abcdefghij"
    ]
}
_ABSENT: Final = "{arn}:code-signing-config:csc-0123456789abcdefg"
_CONFIG: Final[dict[str, Any]] = {
    "CodeSigningConfigId": Like(pattern="csc-[a-z0-9]{17}"),
    "CodeSigningConfigArn": Like(pattern="{arn}:code-signing-config:csc-[a-z0-9]{17}"),
    "AllowedPublishers": _PUBLISHERS,
    "CodeSigningPolicies": {"UntrustedArtifactOnDeployment": "Warn"},
    "LastModified": "2024-05-01T12:34:56.789+0000",
}
_KEEPS: Final[dict[str, Any]] = {"csc": "CodeSigningConfig.CodeSigningConfigArn"}
_MADE: Final = [step("CreateCodeSigningConfig", keeps=_KEEPS, AllowedPublishers=_PUBLISHERS)]
_BOUND: Final = [
    *ACTIVE,
    *_MADE,
    step("PutFunctionCodeSigningConfig", FunctionName="fn", CodeSigningConfigArn="{csc}"),
]
_ENFORCED: Final = [
    *_BOUND,
    step(
        "UpdateCodeSigningConfig",
        CodeSigningConfigArn="{csc}",
        CodeSigningPolicies={"UntrustedArtifactOnDeployment": "Enforce"},
    ),
]
_BY_ARN: Final[dict[str, Any]] = {"CodeSigningConfigArn": "{csc}"}
_NO_CONFIG: Final = (
    "The code signing configuration cannot be found. "
    f"Check that the provided configuration is not deleted: {_ABSENT}."
)
_UNSIGNED: Final = (
    "The code signing configuration {csc} is enforced, and lambent verifies no signatures yet, so that "
    "nothing can be deployed under it: set its policy to Warn, or remove it from the function."
)
_OF_FUNCTIONS: Final[dict[str, dict[str, Any]]] = {
    "PutFunctionCodeSigningConfig": _BY_ARN,
    "GetFunctionCodeSigningConfig": {},
    "DeleteFunctionCodeSigningConfig": {},
}

_CONFIGS: Final = (
    answers(
        "CreateCodeSigningConfig",
        {"CodeSigningConfig": _CONFIG},
        status=201,
        source="reference 01 §2.2, §15",
        AllowedPublishers=_PUBLISHERS,
    ),
    refuses(
        "CreateCodeSigningConfig",
        INVALID,
        "aws: prefixed tag key names are not allowed for external use.",
        shows="a tag of AWS's",
        source="reference 01 §15",
        AllowedPublishers=_PUBLISHERS,
        Tags={"aws:x": ""},
    ),
    answers(
        "GetCodeSigningConfig",
        {"CodeSigningConfig": _CONFIG},
        source="reference 01 §15",
        after=_MADE,
        **_BY_ARN,
    ),
    answers(
        "UpdateCodeSigningConfig",
        {"CodeSigningConfig": _CONFIG | {"Description": "d"}},
        source="reference 01 §15",
        after=_MADE,
        Description="d",
        **_BY_ARN,
    ),
    answers(
        "ListCodeSigningConfigs",
        {"CodeSigningConfigs": [_CONFIG]},
        source="reference 01 §15",
        after=_MADE,
    ),
    answers(
        "ListFunctionsByCodeSigningConfig",
        {"FunctionArns": ["{arn}:function:fn"]},
        source="botocore model",
        after=_BOUND,
        **_BY_ARN,
    ),
    answers(
        "DeleteCodeSigningConfig",
        None,
        status=204,
        source="reference 01 §3",
        after=_MADE,
        **_BY_ARN,
    ),
    refuses(
        "DeleteCodeSigningConfig",
        CONFLICT,
        "The code signing configuration {csc} is in use: remove it from the functions that have it, such as fn.",
        shows="a function has it",
        source="reference 01 §15 has the rule, docs/doubts.md the words",
        after=_BOUND,
        **_BY_ARN,
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            f"The Lambda code signing configuration {_ABSENT} can not be found.",
            shows="no such configuration",
            source="reference 01 §8: no Type",
            is_typed=False,
            CodeSigningConfigArn=_ABSENT,
        )
        for operation in (
            "GetCodeSigningConfig",
            "UpdateCodeSigningConfig",
            "DeleteCodeSigningConfig",
            "ListFunctionsByCodeSigningConfig",
        )
    ),
    *(
        refuses(
            operation,
            INVALID,
            BAD_MARKER,
            shows="a marker of nobody",
            source="docs/doubts.md",
            after=_MADE,
            Marker="???",
            **members,
        )
        for operation, members in (
            ("ListCodeSigningConfigs", {}),
            ("ListFunctionsByCodeSigningConfig", _BY_ARN),
        )
    ),
)

_BINDINGS: Final = (
    answers(
        "PutFunctionCodeSigningConfig",
        {"CodeSigningConfigArn": "{csc}", "FunctionName": "fn"},
        source="botocore model",
        after=[*ACTIVE, *_MADE],
        FunctionName="fn",
        **_BY_ARN,
    ),
    answers(
        "GetFunctionCodeSigningConfig",
        {"CodeSigningConfigArn": "{csc}", "FunctionName": "fn"},
        source="botocore model",
        after=_BOUND,
        FunctionName="fn",
    ),
    answers(
        "GetFunctionCodeSigningConfig",
        {},
        shows="none",
        source="reference 01 §15",
        after=ACTIVE,
        FunctionName="fn",
    ),
    answers(
        "DeleteFunctionCodeSigningConfig",
        None,
        status=204,
        source="reference 01 §3",
        after=_BOUND,
        FunctionName="fn",
    ),
    refuses(
        "PutFunctionCodeSigningConfig",
        "CodeSigningConfigNotFoundException",
        _NO_CONFIG,
        shows="no such configuration, before the function is looked for",
        source="reference 01 §8",
        FunctionName="fn",
        CodeSigningConfigArn=_ABSENT,
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            NOT_THERE,
            shows="no such function",
            source="reference 01 §8, of other operations",
            after=_MADE,
            FunctionName="fn",
            **members,
        )
        for operation, members in _OF_FUNCTIONS.items()
    ),
    *(
        refuses(
            operation,
            INVALID,
            ONLY_FUNCTIONS,
            shows="a version",
            source="reference 01 §10, of another operation",
            after=[*PUBLISHED, *_MADE],
            FunctionName="fn:1",
            **members,
        )
        for operation, members in _OF_FUNCTIONS.items()
    ),
)

_DEPLOYMENTS: Final = (
    refuses(
        "CreateFunction",
        "CodeSigningConfigNotFoundException",
        _NO_CONFIG,
        shows="no such code signing configuration",
        source="reference 01 §8",
        **(NEEDED | {"CodeSigningConfigArn": _ABSENT}),
    ),
    refuses(
        "CreateFunction",
        "InvalidCodeSignatureException",
        _UNSIGNED,
        shows="an enforced code signing configuration",
        source="reference 01 §15 has the rule, the words are ours",
        after=_ENFORCED,
        **(NEEDED | {"CodeSigningConfigArn": "{csc}", "FunctionName": "other"}),
    ),
    refuses(
        "UpdateFunctionCode",
        "InvalidCodeSignatureException",
        _UNSIGNED,
        shows="an enforced code signing configuration",
        source="reference 01 §15 has the rule, the words are ours",
        after=_ENFORCED,
        FunctionName="fn",
        ZipFile=OTHER_ZIP,
    ),
    refuses(
        "UpdateFunctionConfiguration",
        "InvalidCodeSignatureException",
        _UNSIGNED,
        shows="a layer under an enforced code signing configuration",
        source="reference 01 §15 has the rule, the words are ours",
        after=[
            *_ENFORCED,
            step("PublishLayerVersion", LayerName="tools", Content={"ZipFile": OTHER_ZIP}),
        ],
        FunctionName="fn",
        Layers=["{arn}:layer:tools:1"],
    ),
)

CASES: Final[tuple[Case, ...]] = (*_CONFIGS, *_BINDINGS, *_DEPLOYMENTS)
