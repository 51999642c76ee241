"""Golden pairs of versions and aliases (reference 01 §7-§9)."""

from typing import Any, Final

from tests.golden.case import UUID, Case, answers, refuses, step
from tests.golden.functions import refusals_of_updates
from tests.golden.texts import (
    BAD_MARKER,
    CONFLICT,
    ELSEWHERE,
    ELSEWHERE_ARN,
    INVALID,
    NOT_FOUND,
    NOT_THERE,
    PRECONDITION,
    STALE,
)
from tests.golden.worlds import (
    ACTIVE,
    ALIASED,
    FN,
    PUBLISHED,
    TWO_VERSIONS,
    active,
    listed,
    sha256,
)
from tests.services.lambda_.bench import ZIP

LIVE: Final[dict[str, Any]] = {
    "AliasArn": f"{FN}:live",
    "Name": "live",
    "FunctionVersion": "1",
    "Description": "",
    "RevisionId": UUID,
}
_NAMED: Final[dict[str, Any]] = {"FunctionName": "fn", "Name": "live"}
_NEW: Final[dict[str, Any]] = _NAMED | {"FunctionVersion": "1"}

_VERSIONS: Final = (
    answers(
        "PublishVersion",
        active(FunctionArn=f"{FN}:1", Version="1", Description="first"),
        status=201,
        source="recorded: active at once, as $LATEST is",
        after=ACTIVE,
        FunctionName="fn",
        Description="first",
    ),
    refuses(
        "PublishVersion",
        INVALID,
        f"CodeSHA256 (x) is different from current CodeSHA256 in $LATEST ({sha256(ZIP)}). "
        "Please try again with the CodeSHA256 in $LATEST.",
        shows="the hash of other code",
        source="reference 01 §7",
        after=ACTIVE,
        FunctionName="fn",
        CodeSha256="x",
    ),
    *refusals_of_updates("PublishVersion"),
    answers(
        "ListVersionsByFunction",
        {
            "Versions": [
                listed(FunctionArn=f"{FN}:$LATEST"),
                listed(FunctionArn=f"{FN}:1", Version="1"),
            ]
        },
        source="reference 01 §2.2, §4, §7",
        after=PUBLISHED,
        FunctionName="fn",
    ),
    refuses(
        "ListVersionsByFunction",
        NOT_FOUND,
        NOT_THERE,
        shows="no such function",
        source="reference 01 §8",
        FunctionName="fn",
    ),
    refuses(
        "ListVersionsByFunction",
        INVALID,
        BAD_MARKER,
        shows="a marker of nobody",
        source="docs/doubts.md",
        after=ACTIVE,
        FunctionName="fn",
        Marker="???",
    ),
)


def _weights(**by_version: float) -> dict[str, Any]:
    return {"AdditionalVersionWeights": {k.removeprefix("v"): w for k, w in by_version.items()}}


_ROUTING_ERRORS: Final = (
    (
        "more than one weight",
        {"RoutingConfig": _weights(v1=0.1, v2=0.1)},
        "Number of items in AdditionalVersionWeights cannot be greater than 1",
    ),
    (
        "the same version twice",
        {"RoutingConfig": _weights(v1=0.1)},
        "Invalid function version 1. Function version 1 is already included in routing configuration.",
    ),
    (
        "$LATEST with weights",
        {"FunctionVersion": "$LATEST", "RoutingConfig": _weights(v1=0.1)},
        "$LATEST is not supported for an alias pointing to more than 1 version",
    ),
)

_ALIASES: Final = (
    answers("CreateAlias", LIVE, status=201, source="reference 01 §9", after=PUBLISHED, **_NEW),
    answers(
        "CreateAlias",
        LIVE | {"RoutingConfig": _weights(v2=0.25)},
        shows="weights",
        status=201,
        source="reference 01 §9",
        after=TWO_VERSIONS,
        RoutingConfig=_weights(v2=0.25),
        **_NEW,
    ),
    refuses(
        "CreateAlias",
        NOT_FOUND,
        f"{NOT_THERE}:1",
        shows="no such version",
        source="reference 01 §8",
        after=ACTIVE,
        **_NEW,
    ),
    refuses(
        "CreateAlias",
        CONFLICT,
        f"Alias already exists: {FN}:live",
        shows="the name is taken",
        source="reference 01 §9",
        after=ALIASED,
        **_NEW,
    ),
    refuses(
        "CreateAlias",
        "ValidationException",
        "1 validation error detected: Value '1' at 'name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: (?!^[0-9]+$)([a-zA-Z0-9-_]+)",
        shows="a number for a name",
        source="reference 01 §9",
        after=PUBLISHED,
        **(_NEW | {"Name": "1"}),
    ),
    *(
        refuses(
            operation,
            INVALID,
            message,
            shows=shows,
            source="reference 01 §9, recorded: without Type where it is about $LATEST",
            is_typed=not message.startswith("$LATEST"),
            after=TWO_VERSIONS if operation == "CreateAlias" else ALIASED,
            **(_NEW | members),
        )
        for operation in ("CreateAlias", "UpdateAlias")
        for shows, members, message in _ROUTING_ERRORS
    ),
    refuses(
        "CreateAlias",
        NOT_FOUND,
        f"{NOT_THERE}:10",
        shows="weights of a version that is not there",
        source="recorded",
        after=PUBLISHED,
        RoutingConfig=_weights(v10=0.5),
        **_NEW,
    ),
    refuses(
        "CreateAlias",
        NOT_FOUND,
        f"{NOT_THERE}:1",
        shows="weights for a function that is not there",
        source="recorded",
        RoutingConfig=_weights(v2=0.5),
        **_NEW,
    ),
    answers(
        "CreateAlias",
        LIVE,
        shows="empty weights",
        status=201,
        source="recorded",
        after=PUBLISHED,
        RoutingConfig=_weights(),
        **_NEW,
    ),
    answers("GetAlias", LIVE, source="reference 01 §9", after=ALIASED, **_NAMED),
    refuses(
        "GetAlias",
        NOT_FOUND,
        f"Cannot find alias arn: {FN}:live",
        shows="no such alias",
        source="reference 01 §8",
        after=ACTIVE,
        **_NAMED,
    ),
    answers(
        "ListAliases",
        {
            "Aliases": [
                LIVE | {"AliasArn": f"{FN}:blue", "Name": "blue", "FunctionVersion": "$LATEST"},
                LIVE,
            ]
        },
        shows="by name",
        source="reference 01 §9",
        after=[
            *ALIASED,
            step("CreateAlias", FunctionName="fn", Name="blue", FunctionVersion="$LATEST"),
        ],
        FunctionName="fn",
    ),
    refuses(
        "ListAliases",
        NOT_FOUND,
        NOT_THERE,
        shows="no such function",
        source="docs/doubts.md",
        FunctionName="fn",
    ),
    refuses(
        "ListAliases",
        INVALID,
        BAD_MARKER,
        shows="a marker of nobody",
        source="docs/doubts.md",
        after=ACTIVE,
        FunctionName="fn",
        Marker="???",
    ),
    answers(
        "UpdateAlias",
        LIVE | {"FunctionVersion": "2", "Description": "second"},
        source="reference 01 §9",
        after=ALIASED,
        FunctionVersion="2",
        Description="second",
        **_NAMED,
    ),
    refuses(
        "UpdateAlias",
        NOT_FOUND,
        f"Alias not found: {FN}:live",
        shows="no such alias",
        source="reference 01 §8",
        after=ACTIVE,
        **_NAMED,
    ),
    refuses(
        "UpdateAlias",
        PRECONDITION,
        STALE,
        shows="a stale revision",
        source="reference 01 §7",
        after=ALIASED,
        RevisionId="stale",
        **_NAMED,
    ),
    answers("DeleteAlias", None, status=204, source="reference 01 §3", after=ALIASED, **_NAMED),
    answers(
        "DeleteAlias",
        None,
        shows="no such alias",
        status=204,
        source="reference 01 §8, recorded",
        after=ACTIVE,
        **_NAMED,
    ),
    refuses(
        "DeleteAlias",
        NOT_FOUND,
        NOT_THERE,
        shows="no such function",
        source="docs/doubts.md",
        **_NAMED,
    ),
)

_ELSEWHERE: Final = tuple(
    refuses(
        operation,
        NOT_FOUND,
        ELSEWHERE,
        shows="an ARN of another region",
        source="reference 01 §2.1",
        **(members | {"FunctionName": ELSEWHERE_ARN}),
    )
    for operation, members in (("GetAlias", _NAMED), ("CreateAlias", _NEW))
)

CASES: Final[tuple[Case, ...]] = (*_VERSIONS, *_ALIASES, *_ELSEWHERE)
