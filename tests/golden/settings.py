"""Golden pairs of what is set beside a function: event invoke, URLs, recursion, runtime management (reference 01 §8, §12-§15)."""

from typing import Any, Final

from tests.golden.case import Case, Like, answers, refuses, step
from tests.golden.texts import BAD_MARKER, CONFLICT, INVALID, NOT_FOUND, NOT_THERE
from tests.golden.worlds import ACTIVE, ALIASED, FN

_FN: Final[dict[str, Any]] = {"FunctionName": "fn"}
_ONCE: Final[dict[str, Any]] = {"MaximumRetryAttempts": 1}
_PUBLIC: Final[dict[str, Any]] = {"AuthType": "NONE"}
_ALLOWED: Final[dict[str, Any]] = {"RecursiveLoop": "Allow"}
_AUTO: Final[dict[str, Any]] = {"UpdateRuntimeOn": "Auto"}
_NOW: Final = 1714566896.789
_QUEUE: Final = "arn:{partition}:sqs:{region}:{account}:q"
_INVOKE: Final[dict[str, Any]] = {
    "LastModified": _NOW,
    "FunctionArn": f"{FN}:$LATEST",
    "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
    "MaximumRetryAttempts": 1,
}
_CONFIGURED: Final = [
    *ACTIVE,
    step("PutFunctionEventInvokeConfig", MaximumRetryAttempts=1, **_FN),
]
_NO_CONFIG: Final = f"The function {FN}:$LATEST doesn't have an EventInvokeConfig"
_NO_FUNCTION: Final = "The function doesn't exist."
_NOTHING: Final = "You must specify at least one of error handling or destination setting."

_EVENT_INVOKE: Final = (
    answers(
        "PutFunctionEventInvokeConfig",
        _INVOKE,
        source="reference 01 §13",
        after=ACTIVE,
        MaximumRetryAttempts=1,
        **_FN,
    ),
    answers(
        "UpdateFunctionEventInvokeConfig",
        _INVOKE | {"DestinationConfig": {"OnSuccess": {}, "OnFailure": {"Destination": _QUEUE}}},
        source="reference 01 §13",
        after=_CONFIGURED,
        DestinationConfig={"OnFailure": {"Destination": _QUEUE}},
        **_FN,
    ),
    answers(
        "GetFunctionEventInvokeConfig",
        _INVOKE,
        source="reference 01 §13",
        after=_CONFIGURED,
        **_FN,
    ),
    answers(
        "ListFunctionEventInvokeConfigs",
        {"FunctionEventInvokeConfigs": [_INVOKE]},
        source="reference 01 §13",
        after=_CONFIGURED,
        **_FN,
    ),
    answers(
        "DeleteFunctionEventInvokeConfig",
        None,
        status=204,
        source="reference 01 §3",
        after=_CONFIGURED,
        **_FN,
    ),
    *(
        refuses(
            operation,
            INVALID,
            _NOTHING,
            shows="nothing given",
            source="reference 01 §13",
            after=ACTIVE,
            **_FN,
        )
        for operation in ("PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig")
    ),
    refuses(
        "PutFunctionEventInvokeConfig",
        INVALID,
        "You can't specify the function as a destination for itself.",
        shows="the function itself",
        source="reference 01 §13",
        after=ACTIVE,
        DestinationConfig={"OnSuccess": {"Destination": FN}},
        **_FN,
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            _NO_FUNCTION,
            shows="no such function",
            source="reference 01 §8",
            **_FN,
            **members,
        )
        for operation, members in (
            ("PutFunctionEventInvokeConfig", _ONCE),
            ("ListFunctionEventInvokeConfigs", {}),
        )
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            _NO_CONFIG,
            shows="none set",
            source="reference 01 §8",
            after=ACTIVE,
            **_FN,
            **members,
        )
        for operation, members in (
            ("UpdateFunctionEventInvokeConfig", _ONCE),
            ("GetFunctionEventInvokeConfig", {}),
            ("DeleteFunctionEventInvokeConfig", {}),
        )
    ),
)

_URL: Final[dict[str, Any]] = {
    "FunctionUrl": Like(
        pattern=r"https://[0-9a-z]{32}\.lambda-url\.{region}\.(on\.aws|on\.amazonwebservices\.com\.cn)/"
    ),
    "FunctionArn": FN,
    "AuthType": "NONE",
    "CreationTime": Like(pattern=r"2024-05-01T12:34:56\.789(0{6})?Z"),
    "LastModifiedTime": Like(pattern=r"2024-05-01T12:34:56\.789(0{6})?Z"),
}
_CREATED_URL: Final[dict[str, Any]] = {
    name: value for name, value in _URL.items() if name != "LastModifiedTime"
}
_WITH_URL: Final = [*ACTIVE, step("CreateFunctionUrlConfig", AuthType="NONE", **_FN)]
_NO_URL: Final = "The resource you requested does not exist."
_BAD_CORS: Final[dict[str, Any]] = {"AllowCredentials": True, "AllowOrigins": ["*"]}

_URLS: Final = (
    answers(
        "CreateFunctionUrlConfig",
        _CREATED_URL,
        status=201,
        source="reference 01 §12",
        after=ACTIVE,
        AuthType="NONE",
        **_FN,
    ),
    answers(
        "CreateFunctionUrlConfig",
        _CREATED_URL | {"FunctionArn": f"{FN}:live", "InvokeMode": "BUFFERED"},
        shows="of an alias, with a mode",
        status=201,
        source="reference 01 §12",
        after=ALIASED,
        AuthType="NONE",
        Qualifier="live",
        InvokeMode="BUFFERED",
        **_FN,
    ),
    answers(
        "GetFunctionUrlConfig",
        _URL | {"InvokeMode": "BUFFERED"},
        source="reference 01 §12",
        after=_WITH_URL,
        **_FN,
    ),
    answers(
        "UpdateFunctionUrlConfig",
        _URL | {"AuthType": "AWS_IAM"},
        source="reference 01 §12",
        after=_WITH_URL,
        AuthType="AWS_IAM",
        **_FN,
    ),
    answers(
        "ListFunctionUrlConfigs",
        {"FunctionUrlConfigs": [_URL | {"InvokeMode": "BUFFERED"}]},
        source="reference 01 §12",
        after=_WITH_URL,
        **_FN,
    ),
    answers(
        "DeleteFunctionUrlConfig",
        None,
        status=204,
        source="reference 01 §3",
        after=_WITH_URL,
        **_FN,
    ),
    refuses(
        "CreateFunctionUrlConfig",
        CONFLICT,
        f"Failed to create function url config for [functionArn = {FN}]. "
        "Error message:  FunctionUrlConfig exists for this Lambda function",
        shows="there is one",
        source="reference 01 §12",
        after=_WITH_URL,
        AuthType="NONE",
        **_FN,
    ),
    *(
        refuses(
            operation,
            INVALID,
            "Cors.AllowCredentials cannot be true while Cors.AllowOrigins has *: name the origins.",
            shows="credentials for everybody",
            source="reference 01 §12 has the rule, docs/doubts.md the words",
            after=_WITH_URL,
            AuthType="NONE",
            Cors=_BAD_CORS,
            **_FN,
        )
        for operation in ("CreateFunctionUrlConfig", "UpdateFunctionUrlConfig")
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            "Function does not exist",
            shows="no such function",
            source="reference 01 §8",
            **_FN,
            **members,
        )
        for operation, members in (
            ("CreateFunctionUrlConfig", _PUBLIC),
            ("ListFunctionUrlConfigs", {}),
        )
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            _NO_URL,
            shows="there is none",
            source="reference 01 §8",
            after=ACTIVE,
            **_FN,
        )
        for operation in (
            "GetFunctionUrlConfig",
            "UpdateFunctionUrlConfig",
            "DeleteFunctionUrlConfig",
        )
    ),
)

_SMALL: Final = (
    answers(
        "GetFunctionRecursionConfig",
        {"RecursiveLoop": "Terminate"},
        source="reference 01 §15",
        after=ACTIVE,
        **_FN,
    ),
    answers(
        "PutFunctionRecursionConfig",
        {"RecursiveLoop": "Allow"},
        source="reference 01 §15",
        after=ACTIVE,
        RecursiveLoop="Allow",
        **_FN,
    ),
    answers(
        "GetRuntimeManagementConfig",
        {"UpdateRuntimeOn": "Auto", "FunctionArn": FN},
        source="reference 01 §15",
        after=ACTIVE,
        **_FN,
    ),
    answers(
        "PutRuntimeManagementConfig",
        {"UpdateRuntimeOn": "FunctionUpdate", "FunctionArn": FN},
        source="reference 01 §15",
        after=ACTIVE,
        UpdateRuntimeOn="FunctionUpdate",
        **_FN,
    ),
    refuses(
        "PutRuntimeManagementConfig",
        INVALID,
        "RuntimeVersionArn is required when UpdateRuntimeOn is Manual.",
        shows="Manual without a version",
        source="reference 01 §15 has the rule, docs/doubts.md the words",
        after=ACTIVE,
        UpdateRuntimeOn="Manual",
        **_FN,
    ),
    refuses(
        "GetRuntimeManagementConfig",
        INVALID,
        f"The provided function name {FN}:live is invalid. Aliases are not allowed.",
        shows="an alias",
        source="seen by users",
        after=ALIASED,
        Qualifier="live",
        **_FN,
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            NOT_THERE,
            shows="no such function",
            source="reference 01 §8, of other operations",
            **_FN,
            **members,
        )
        for operation, members in (
            ("GetFunctionRecursionConfig", {}),
            ("PutFunctionRecursionConfig", _ALLOWED),
            ("GetRuntimeManagementConfig", {}),
            ("PutRuntimeManagementConfig", _AUTO),
        )
    ),
)

_MARKERS: Final = tuple(
    refuses(
        operation,
        INVALID,
        BAD_MARKER,
        shows="a marker of nobody",
        source="docs/doubts.md",
        after=ACTIVE,
        Marker="???",
        **_FN,
    )
    for operation in ("ListFunctionEventInvokeConfigs", "ListFunctionUrlConfigs")
)

CASES: Final[tuple[Case, ...]] = (*_EVENT_INVOKE, *_URLS, *_SMALL, *_MARKERS)
