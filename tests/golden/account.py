"""Golden pairs of tags and of the account (reference 01 §7, §15)."""

from typing import Any, Final

from tests.golden.case import Case, answers, refuses, step
from tests.golden.texts import INVALID, NOT_FOUND, NOT_THERE
from tests.golden.worlds import ACTIVE, FN, NEEDED, PUBLISHED
from tests.services.lambda_.bench import ZIP

_TAGGED: Final = [step("CreateFunction", **(NEEDED | {"Tags": {"a": "1", "b": "2"}}))]
_MANY: Final[dict[str, Any]] = {f"key{number}": "" for number in range(51)}
_GIVEN: Final[dict[str, dict[str, Any]]] = {
    "TagResource": {"Tags": {"a": "1"}},
    "UntagResource": {"TagKeys": ["a"]},
    "ListTags": {},
}

CASES: Final[tuple[Case, ...]] = (
    answers(
        "TagResource",
        None,
        status=204,
        source="reference 01 §15",
        after=ACTIVE,
        Resource=FN,
        Tags={"a": "1"},
    ),
    refuses(
        "TagResource",
        INVALID,
        "Number of tags exceeds resource tag limit.",
        shows="too many",
        source="reference 01 §15",
        after=ACTIVE,
        Resource=FN,
        Tags=_MANY,
    ),
    refuses(
        "TagResource",
        INVALID,
        "An error occurred and the request cannot be processed.",
        shows="none",
        source="reference 01 §15",
        after=ACTIVE,
        Resource=FN,
        Tags={},
    ),
    answers(
        "UntagResource",
        None,
        status=204,
        source="reference 01 §15",
        after=_TAGGED,
        Resource=FN,
        TagKeys=["a", "unknown"],
    ),
    answers(
        "ListTags",
        {"Tags": {"a": "1", "b": "2"}},
        source="reference 01 §15",
        after=_TAGGED,
        Resource=FN,
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            NOT_THERE,
            shows="no such function",
            source="reference 01 §8",
            Resource=FN,
            **members,
        )
        for operation, members in _GIVEN.items()
    ),
    *(
        refuses(
            operation,
            INVALID,
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
            shows="a version",
            source="reference 01 §15",
            after=PUBLISHED,
            Resource=f"{FN}:1",
            **members,
        )
        for operation, members in _GIVEN.items()
    ),
    answers(
        "GetAccountSettings",
        {
            "AccountLimit": {
                "TotalCodeSize": 80530636800,
                "CodeSizeUnzipped": 262144000,
                "CodeSizeZipped": 52428800,
                "ConcurrentExecutions": 1000,
                "UnreservedConcurrentExecutions": 1000,
            },
            "AccountUsage": {"TotalCodeSize": 2 * len(ZIP), "FunctionCount": 1},
        },
        source="reference 01 §7",
        after=PUBLISHED,
    ),
)
