"""Golden pairs of functions, their code and their configuration."""

from typing import Any, Final

from tests.golden.case import Case, Like, answers, refuses, step
from tests.golden.texts import (
    BAD_MARKER,
    CONFLICT,
    ELSEWHERE,
    ELSEWHERE_ARN,
    INVALID,
    IS_PENDING,
    IS_UPDATED,
    NOT_FOUND,
    NOT_THERE,
    ONLY_FUNCTIONS,
    PRECONDITION,
    STALE,
)
from tests.golden.worlds import (
    ACTIVE,
    ALIASED,
    FN,
    IN_PROGRESS,
    NEEDED,
    OTHER_ZIP,
    PENDING,
    PUBLISHED,
    active,
    in_progress,
    listed,
    pending,
    sha256,
)
from tests.services.lambda_.bench import ZIP

_TAGGED: Final[dict[str, Any]] = NEEDED | {"Tags": {"team": "blue"}}
_CODE: Final[dict[str, Any]] = {
    "RepositoryType": "S3",
    "Location": Like(pattern=r"http://localhost:4566/\S+"),
}


def _qualified(qualifier: str) -> dict[str, Any]:
    return {"Qualifier": qualifier} if qualifier else {}


_CREATE: Final = (
    answers(
        "CreateFunction", pending(), status=201, source="reference 01 §5: response 201", **NEEDED
    ),
    answers(
        "CreateFunction",
        pending(Version="1"),
        shows="Publish answers with version 1 and the unqualified ARN",
        status=201,
        source="recorded three times: with Publish",
        **(NEEDED | {"Publish": True}),
    ),
    refuses(
        "CreateFunction",
        INVALID,
        "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
        shows="a zip without Runtime",
        source="reference 01 §5",
        **{name: value for name, value in NEEDED.items() if name != "Runtime"},
    ),
    refuses(
        "CreateFunction",
        INVALID,
        "Could not unzip uploaded file. Please check your file, then try to upload again.",
        shows="not a zip",
        source="reference 01 §5",
        **(NEEDED | {"Code": {"ZipFile": b"not a zip"}}),
    ),
    refuses(
        "CreateFunction",
        INVALID,
        "Lambda was unable to configure your environment variables because the environment variables you have provided "
        "contains reserved keys that are currently not supported for modification. "
        "Reserved keys used in this request: AWS_REGION",
        shows="a reserved environment variable",
        source="reference 01 §5",
        **(NEEDED | {"Environment": {"Variables": {"AWS_REGION": "x"}}}),
    ),
    refuses(
        "CreateFunction",
        CONFLICT,
        "Function already exist: fn",
        shows="the name is taken",
        source="reference 01 §5",
        after=ACTIVE,
        **NEEDED,
    ),
    refuses(
        "CreateFunction",
        NOT_FOUND,
        ELSEWHERE,
        shows="an ARN of another region",
        source="reference 01 §2.1",
        **(NEEDED | {"FunctionName": ELSEWHERE_ARN}),
    ),
    refuses(
        "CreateFunction",
        "ValidationException",
        "1 validation error detected: Value '127' at 'memorySize' failed to satisfy constraint: "
        "Member must have value greater than or equal to 128",
        shows="too little memory",
        source="reference 01 §5",
        **(NEEDED | {"MemorySize": 127}),
    ),
)

_READ: Final = (
    answers(
        "GetFunction",
        {"Configuration": active(), "Code": _CODE, "Tags": {"team": "blue"}},
        source="reference 01 §4",
        after=[step("CreateFunction", **_TAGGED)],
        FunctionName="fn",
    ),
    answers(
        "GetFunction",
        {"Configuration": active(FunctionArn=f"{FN}:1", Version="1"), "Code": _CODE},
        shows="a version",
        source="reference 01 §2.2, §4",
        after=PUBLISHED,
        FunctionName="fn",
        Qualifier="1",
    ),
    answers(
        "GetFunctionConfiguration",
        active(),
        source="reference 01 §4",
        after=ACTIVE,
        FunctionName="fn",
    ),
    answers(
        "GetFunctionConfiguration",
        pending(),
        shows="a pending function",
        source="reference 01 §4, §6",
        after=PENDING,
        FunctionName="fn",
    ),
    answers("ListFunctions", {"Functions": [listed()]}, source="reference 01 §4", after=ACTIVE),
    answers(
        "ListFunctions",
        {
            "Functions": [
                listed(FunctionArn=f"{FN}:$LATEST"),
                listed(FunctionArn=f"{FN}:1", Version="1"),
            ]
        },
        shows="every version",
        source="reference 01 §2.2",
        after=PUBLISHED,
        FunctionVersion="ALL",
    ),
    refuses(
        "ListFunctions",
        INVALID,
        BAD_MARKER,
        shows="a marker of nobody",
        source="docs/doubts.md",
        Marker="???",
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            f"{NOT_THERE}:{qualifier}" if qualifier else NOT_THERE,
            shows=f"no such function, qualifier {qualifier or 'none'}",
            source="reference 01 §8",
            FunctionName="fn",
            **_qualified(qualifier),
        )
        for operation in ("GetFunction", "GetFunctionConfiguration")
        for qualifier in ("", "prod", "7", "$LATEST")
    ),
)

_UPDATE: Final = (
    answers(
        "UpdateFunctionCode",
        in_progress(CodeSize=len(OTHER_ZIP), CodeSha256=sha256(OTHER_ZIP)),
        source="reference 01 §4, §7",
        after=ACTIVE,
        FunctionName="fn",
        ZipFile=OTHER_ZIP,
    ),
    answers(
        "UpdateFunctionCode",
        pending(FunctionArn=f"{FN}:1", Version="1"),
        shows="Publish answers with the version",
        source="reference 01 §7, recorded",
        after=ACTIVE,
        FunctionName="fn",
        ZipFile=ZIP,
        Publish=True,
    ),
    refuses(
        "UpdateFunctionCode",
        INVALID,
        "Please don't provide ImageUri when updating a function with packageType Zip.",
        shows="an image for a zip",
        source="reference 01 §7",
        after=ACTIVE,
        FunctionName="fn",
        ImageUri="123456789012.dkr.ecr.us-east-1.amazonaws.com/r:t",
    ),
    answers(
        "UpdateFunctionConfiguration",
        in_progress(Timeout=9, Environment={"Variables": {"key": "value"}}),
        source="reference 01 §4, §7",
        after=ACTIVE,
        FunctionName="fn",
        Timeout=9,
        Environment={"Variables": {"key": "value"}},
    ),
    refuses(
        "UpdateFunctionConfiguration",
        INVALID,
        'LogLevel is not supported when LogFormat is set to "Text". '
        'Remove LogLevel from your request or change the LogFormat to "JSON" and try again.',
        shows="a log level with text",
        source="reference 01 §5",
        after=ACTIVE,
        FunctionName="fn",
        LoggingConfig={"ApplicationLogLevel": "DEBUG"},
    ),
)


def refusals_of_updates(operation: str, **members: Any) -> list[Case]:
    """What all updates are refused for."""
    given = {"FunctionName": "fn"} | members
    return [
        refuses(
            operation,
            NOT_FOUND,
            NOT_THERE,
            shows="no such function",
            source="reference 01 §8",
            **given,
        ),
        refuses(
            operation,
            CONFLICT,
            IS_PENDING,
            shows="the function is pending",
            source="reference 01 §6",
            after=PENDING,
            **given,
        ),
        refuses(
            operation,
            CONFLICT,
            IS_UPDATED,
            shows="an update is under way",
            source="reference 01 §6",
            after=IN_PROGRESS,
            **given,
        ),
        refuses(
            operation,
            PRECONDITION,
            STALE,
            shows="a stale revision",
            source="reference 01 §7",
            after=ACTIVE,
            RevisionId="stale",
            **given,
        ),
        refuses(
            operation,
            INVALID,
            ONLY_FUNCTIONS,
            shows="a version",
            source="reference 01 §10, of another operation",
            after=PUBLISHED,
            **(given | {"FunctionName": "fn:1"}),
        ),
    ]


_DELETE: Final = (
    answers(
        "DeleteFunction",
        None,
        status=204,
        source="reference 01 §1.2, recorded",
        after=ACTIVE,
        FunctionName="fn",
    ),
    answers(
        "DeleteFunction",
        None,
        shows="a version that is not there",
        status=204,
        source="reference 01 §7, recorded",
        after=ACTIVE,
        FunctionName="fn",
        Qualifier="7",
    ),
    refuses(
        "DeleteFunction",
        NOT_FOUND,
        NOT_THERE,
        shows="no such function",
        source="reference 01 §8",
        FunctionName="fn",
        Qualifier="7",
    ),
    refuses(
        "DeleteFunction",
        INVALID,
        "$LATEST version cannot be deleted without deleting the function.",
        shows="$LATEST",
        source="reference 01 §7",
        after=ACTIVE,
        FunctionName="fn",
        Qualifier="$LATEST",
    ),
    refuses(
        "DeleteFunction",
        INVALID,
        "$LATEST version cannot be deleted without deleting the function.",
        shows="$LATEST of a function that is not there",
        source="recorded",
        FunctionName="fn",
        Qualifier="$LATEST",
    ),
    refuses(
        "DeleteFunction",
        INVALID,
        "Deletion of aliases is not currently supported.",
        shows="an alias",
        source="reference 01 §7",
        after=ALIASED,
        FunctionName="fn:live",
    ),
    refuses(
        "DeleteFunction",
        CONFLICT,
        "Version 1 is referenced by the aliases [live]",
        shows="a version that an alias leads to",
        source="reference 01 §7, unsure; docs/doubts.md",
        after=ALIASED,
        FunctionName="fn",
        Qualifier="1",
    ),
)

CASES: Final[tuple[Case, ...]] = (
    *_CREATE,
    *_READ,
    *_UPDATE,
    *refusals_of_updates("UpdateFunctionCode", ZipFile=OTHER_ZIP),
    *refusals_of_updates("UpdateFunctionConfiguration", Timeout=9),
    *_DELETE,
)
