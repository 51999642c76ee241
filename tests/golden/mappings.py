"""Golden pairs of event source mappings (reference 01 §8, §16)."""

from typing import Any, Final

from tests.golden.case import UUID, Case, Like, answers, refuses, step
from tests.golden.texts import (
    BAD_MARKER,
    CONFLICT,
    ELSEWHERE,
    ELSEWHERE_ARN,
    INVALID,
    NOT_FOUND,
)
from tests.golden.worlds import ACTIVE, FN

_QUEUE: Final = "arn:{partition}:sqs:{region}:{account}:queue"
_NEW: Final[dict[str, Any]] = {"FunctionName": "fn", "EventSourceArn": _QUEUE}
_MAPPED: Final = [*ACTIVE, step("CreateEventSourceMapping", keeps={"uuid": "UUID"}, **_NEW)]
_BY_UUID: Final[dict[str, Any]] = {"UUID": "{uuid}"}
_ABSENT: Final[dict[str, Any]] = {"UUID": "00000000-0000-4000-8000-00000000ffff"}
_SHOWN: Final[dict[str, Any]] = {
    "UUID": UUID,
    "EventSourceMappingArn": Like(pattern="{arn}:event-source-mapping:[0-9a-f-]{36}"),
    "EventSourceArn": _QUEUE,
    "FunctionArn": FN,
    "LastModified": 1714566896.789,
    "BatchSize": 10,
    "MaximumBatchingWindowInSeconds": 0,
    "FunctionResponseTypes": [],
}
_DISABLED: Final = _SHOWN | {
    "State": "Disabled",
    "StateTransitionReason": "lambent does not poll event sources yet",
}
_TWIN: Final = (
    f'An event source mapping with SQS arn (" {_QUEUE} ") and function (" fn ") already exists. '
    "Please update or delete the existing mapping with UUID {uuid}"
)


def _under_way(state: str) -> dict[str, Any]:
    return _SHOWN | {"State": state, "StateTransitionReason": "USER_INITIATED"}


CASES: Final[tuple[Case, ...]] = (
    answers(
        "CreateEventSourceMapping",
        _under_way("Creating"),
        status=202,
        source="reference 01 §16, recorded",
        after=ACTIVE,
        **_NEW,
    ),
    answers(
        "GetEventSourceMapping",
        _DISABLED,
        source="reference 01 §16; that nothing is polled is ours",
        after=_MAPPED,
        **_BY_UUID,
    ),
    answers(
        "ListEventSourceMappings",
        {"EventSourceMappings": [_DISABLED]},
        source="reference 01 §16; that nothing is polled is ours",
        after=_MAPPED,
        FunctionName="fn",
    ),
    answers(
        "UpdateEventSourceMapping",
        _under_way("Updating") | {"BatchSize": 5},
        status=202,
        source="reference 01 §16",
        after=_MAPPED,
        BatchSize=5,
        **_BY_UUID,
    ),
    answers(
        "DeleteEventSourceMapping",
        _under_way("Deleting"),
        status=202,
        source="reference 01 §16",
        after=_MAPPED,
        **_BY_UUID,
    ),
    refuses(
        "CreateEventSourceMapping",
        INVALID,
        "Function does not exist",
        shows="no such function",
        source="reference 01 §8",
        **_NEW,
    ),
    refuses(
        "CreateEventSourceMapping",
        INVALID,
        "Unrecognized event source.",
        shows="no source",
        source="reference 01 §16",
        after=ACTIVE,
        FunctionName="fn",
    ),
    refuses(
        "CreateEventSourceMapping",
        CONFLICT,
        _TWIN,
        shows="there is one",
        source="reference 01 §16",
        after=_MAPPED,
        **_NEW,
    ),
    refuses(
        "UpdateEventSourceMapping",
        INVALID,
        "Function does not exist",
        shows="no such function",
        source="reference 01 §8, of CreateEventSourceMapping",
        after=_MAPPED,
        FunctionName="other",
        **_BY_UUID,
    ),
    refuses(
        "UpdateEventSourceMapping",
        CONFLICT,
        _TWIN,
        shows="there is such a one already",
        source="reference 01 §16, of CreateEventSourceMapping",
        after=[
            *_MAPPED,
            step("PublishVersion", FunctionName="fn"),
            step(
                "CreateEventSourceMapping",
                keeps={"second": "UUID"},
                **(_NEW | {"FunctionName": "fn:1"}),
            ),
        ],
        UUID="{second}",
        FunctionName="fn",
    ),
    *(
        refuses(
            operation,
            NOT_FOUND,
            "The resource you requested does not exist.",
            shows="no such mapping",
            source="reference 01 §8",
            **_ABSENT,
        )
        for operation in (
            "GetEventSourceMapping",
            "UpdateEventSourceMapping",
            "DeleteEventSourceMapping",
        )
    ),
    refuses(
        "CreateEventSourceMapping",
        NOT_FOUND,
        ELSEWHERE,
        shows="an ARN of another region",
        source="reference 01 §2.1",
        after=ACTIVE,
        **(_NEW | {"FunctionName": ELSEWHERE_ARN}),
    ),
    answers(
        "ListEventSourceMappings",
        {"EventSourceMappings": []},
        shows="no such function",
        source="recorded",
        FunctionName="fn",
    ),
    refuses(
        "ListEventSourceMappings",
        NOT_FOUND,
        ELSEWHERE,
        shows="an ARN of another region",
        source="reference 01 §2.1",
        FunctionName=ELSEWHERE_ARN,
    ),
    refuses(
        "ListEventSourceMappings",
        INVALID,
        BAD_MARKER,
        shows="a marker of nobody",
        source="docs/doubts.md",
        Marker="???",
    ),
)
