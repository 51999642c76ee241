"""Golden pairs of reserved and provisioned concurrency (reference 01 §8, §10, 02 §7, §12)."""

from typing import Any, Final

from tests.golden.case import Case, answers, refuses, step
from tests.golden.texts import (
    BAD_MARKER,
    CONFLICT,
    INVALID,
    NOT_FOUND,
    NOT_THERE,
    ONLY_FUNCTIONS,
)
from tests.golden.worlds import ACTIVE, ALIASED, FN, PUBLISHED

_FN: Final[dict[str, Any]] = {"FunctionName": "fn"}
_FIVE: Final[dict[str, Any]] = {"ReservedConcurrentExecutions": 5}
_RESERVED: Final = [*ALIASED, step("PutFunctionConcurrency", **_FN, **_FIVE)]
_LIVE: Final[dict[str, Any]] = _FN | {"Qualifier": "live"}
_FIRST: Final[dict[str, Any]] = _FN | {"Qualifier": "1"}
_TWO: Final[dict[str, Any]] = {"ProvisionedConcurrentExecutions": 2}
_PROVISIONED: Final = [*ALIASED, step("PutProvisionedConcurrencyConfig", **_LIVE, **_TWO)]
_DIRECTLY: Final = [*ALIASED, step("PutProvisionedConcurrencyConfig", **_FIRST, **_TWO)]
_CONFIG: Final = {
    "RequestedProvisionedConcurrentExecutions": 2,
    "AvailableProvisionedConcurrentExecutions": 0,
    "AllocatedProvisionedConcurrentExecutions": 0,
    "Status": "IN_PROGRESS",
    "LastModified": "2024-05-01T12:34:56+0000",
}
_BELOW: Final = (
    "Specified {what} for function decreases account's UnreservedConcurrentExecution "
    "below its minimum value of [100]."
)
_UNPUBLISHED: Final = (
    "Provisioned Concurrency Configs cannot be applied to unpublished function versions."
)
_OF_LATEST: Final = "The function resource provided must be an alias or a published version."
_VERSION_HAS_ONE: Final = "Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version"
_QUALIFIED: Final[dict[str, dict[str, Any]]] = {
    "PutProvisionedConcurrencyConfig": _TWO,
    "GetProvisionedConcurrencyConfig": {},
    "DeleteProvisionedConcurrencyConfig": {},
}

_OF_FUNCTIONS: Final[tuple[Case, ...]] = (
    answers(
        "PutFunctionConcurrency",
        _FIVE,
        source="reference 01 §10",
        after=ACTIVE,
        **_FN,
        **_FIVE,
    ),
    answers(
        "PutFunctionConcurrency",
        {"ReservedConcurrentExecutions": 900},
        shows="all but a hundred",
        source="reference 02 §12",
        after=ACTIVE,
        ReservedConcurrentExecutions=900,
        **_FN,
    ),
    refuses(
        "PutFunctionConcurrency",
        INVALID,
        _BELOW.format(what="ReservedConcurrentExecutions"),
        shows="one more than that",
        source="reference 01 §10, 02 §12",
        is_typed=False,
        after=ACTIVE,
        ReservedConcurrentExecutions=901,
        **_FN,
    ),
    refuses(
        "PutFunctionConcurrency",
        INVALID,
        " ReservedConcurrentExecutions  1 should not be lower than function's total provisioned concurrency [2].",
        shows="less than is provisioned",
        source="recorded",
        is_typed=False,
        after=_PROVISIONED,
        ReservedConcurrentExecutions=1,
        **_FN,
    ),
    answers(
        "GetFunctionConcurrency",
        _FIVE,
        source="reference 01 §10",
        after=_RESERVED,
        **_FN,
    ),
    answers(
        "GetFunctionConcurrency",
        {},
        shows="none",
        source="reference 01 §10",
        after=ACTIVE,
        **_FN,
    ),
    answers(
        "DeleteFunctionConcurrency",
        None,
        status=204,
        source="reference 01 §10",
        after=_RESERVED,
        **_FN,
    ),
    answers(
        "DeleteFunctionConcurrency",
        None,
        shows="none",
        status=204,
        source="reference 01 §10",
        after=ACTIVE,
        **_FN,
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            f"{NOT_THERE}{suffix}",
            shows="no such function",
            source=source,
            **_FN,
            **members,
        )
        for operation, suffix, members, source in (
            ("PutFunctionConcurrency", ":$LATEST", _FIVE, "reference 01 §8"),
            ("GetFunctionConcurrency", "", {}, "reference 01 §8"),
            ("DeleteFunctionConcurrency", ":$LATEST", {}, "docs/doubts.md"),
        )
    ),
    *(
        refuses(
            operation,
            INVALID,
            ONLY_FUNCTIONS,
            shows="a version",
            source=source,
            after=PUBLISHED,
            FunctionName="fn:1",
            **members,
        )
        for operation, members, source in (
            ("PutFunctionConcurrency", _FIVE, "reference 01 §10"),
            ("GetFunctionConcurrency", {}, "docs/doubts.md"),
            ("DeleteFunctionConcurrency", {}, "docs/doubts.md"),
        )
    ),
)

_OF_QUALIFIERS: Final[tuple[Case, ...]] = (
    answers(
        "PutProvisionedConcurrencyConfig",
        _CONFIG,
        status=202,
        source="reference 01 §10",
        after=ALIASED,
        **_LIVE,
        **_TWO,
    ),
    answers(
        "GetProvisionedConcurrencyConfig",
        _CONFIG,
        source="reference 01 §10",
        after=_PROVISIONED,
        **_LIVE,
    ),
    answers(
        "DeleteProvisionedConcurrencyConfig",
        None,
        status=204,
        source="reference 01 §10",
        after=_PROVISIONED,
        **_LIVE,
    ),
    answers(
        "DeleteProvisionedConcurrencyConfig",
        None,
        shows="none",
        status=204,
        source="reference 01 §10",
        after=ALIASED,
        **_LIVE,
    ),
    answers(
        "ListProvisionedConcurrencyConfigs",
        {"ProvisionedConcurrencyConfigs": [{"FunctionArn": f"{FN}:live"} | _CONFIG]},
        source="reference 01 §10",
        after=_PROVISIONED,
        **_FN,
    ),
    refuses(
        "ListProvisionedConcurrencyConfigs",
        NOT_FOUND,
        NOT_THERE,
        shows="no such function",
        source="reference 01 §8",
        **_FN,
    ),
    refuses(
        "ListProvisionedConcurrencyConfigs",
        INVALID,
        BAD_MARKER,
        shows="a marker of nobody's",
        source="docs/doubts.md",
        after=ACTIVE,
        Marker="!",
        **_FN,
    ),
    refuses(
        "GetProvisionedConcurrencyConfig",
        "ProvisionedConcurrencyConfigNotFoundException",
        "No Provisioned Concurrency Config found for this function",
        shows="none",
        source="reference 01 §8",
        after=ALIASED,
        **_LIVE,
    ),
    refuses(
        "PutProvisionedConcurrencyConfig",
        "ValidationException",
        "1 validation error detected: Value '0' at 'provisionedConcurrentExecutions' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
        shows="zero",
        source="reference 01 §10",
        after=ALIASED,
        ProvisionedConcurrentExecutions=0,
        **_LIVE,
    ),
    *(
        refuses(
            operation,
            INVALID,
            _UNPUBLISHED if members else _OF_LATEST,
            shows="$LATEST",
            source="reference 01 §10",
            after=ALIASED,
            Qualifier="$LATEST",
            **_FN,
            **members,
        )
        for operation, members in _QUALIFIED.items()
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            "Cannot find alias arn: {arn}:function:fn:blue",
            shows="no such alias",
            source="reference 01 §8",
            after=ALIASED,
            Qualifier="blue",
            **_FN,
            **members,
        )
        for operation, members in _QUALIFIED.items()
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            f"{NOT_THERE}:7",
            shows="no such version",
            source="reference 01 §8",
            after=ALIASED,
            Qualifier="7",
            **_FN,
            **members,
        )
        for operation, members in _QUALIFIED.items()
    ),
    refuses(
        "PutProvisionedConcurrencyConfig",
        CONFLICT,
        _VERSION_HAS_ONE,
        shows="an alias of a version that has one",
        source="reference 01 §10",
        after=_DIRECTLY,
        **_LIVE,
        **_TWO,
    ),
    refuses(
        "PutProvisionedConcurrencyConfig",
        CONFLICT,
        "Version is pointed by a Provisioned Concurrency alias",
        shows="a version whose alias has one",
        source="reference 01 §10",
        after=_PROVISIONED,
        **_FIRST,
        **_TWO,
    ),
    refuses(
        "PutProvisionedConcurrencyConfig",
        INVALID,
        "Alias with weights can not be used with Provisioned Concurrency",
        shows="an alias with weights",
        source="AWS's answer in a public bug report (hashicorp/terraform 24957)",
        after=[
            *ALIASED,
            step(
                "UpdateAlias",
                Name="live",
                RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}},
                **_FN,
            ),
        ],
        **_LIVE,
        **_TWO,
    ),
    refuses(
        "PutProvisionedConcurrencyConfig",
        INVALID,
        "Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function",
        shows="more than is reserved",
        source="reference 01 §10",
        after=_RESERVED,
        ProvisionedConcurrentExecutions=6,
        **_LIVE,
    ),
    refuses(
        "PutProvisionedConcurrencyConfig",
        INVALID,
        "Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [1000].",
        shows="more than the account has",
        source="recorded",
        is_typed=False,
        after=ALIASED,
        ProvisionedConcurrentExecutions=1001,
        **_LIVE,
    ),
    refuses(
        "PutProvisionedConcurrencyConfig",
        INVALID,
        _BELOW.format(what="ConcurrentExecutions"),
        shows="the last hundred",
        source="reference 01 §10",
        is_typed=False,
        after=ALIASED,
        ProvisionedConcurrentExecutions=901,
        **_LIVE,
    ),
    refuses(
        "UpdateAlias",
        CONFLICT,
        _VERSION_HAS_ONE,
        shows="a provisioned alias to a version that has one",
        source="docs/doubts.md",
        after=[
            *_PROVISIONED,
            step("PutProvisionedConcurrencyConfig", Qualifier="2", **_FN, **_TWO),
        ],
        Name="live",
        FunctionVersion="2",
        **_FN,
    ),
)

CASES: Final[tuple[Case, ...]] = (*_OF_FUNCTIONS, *_OF_QUALIFIERS)
