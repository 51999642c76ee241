"""What becomes of each input member of the logs' operations."""

from collections.abc import Mapping
from typing import Final

from lambent.services.effects import Effects

_UNMASK: Final = {"unmask": "Nothing is ever masked: there are no data protection policies."}
_GROUP: Final = frozenset({"logGroupName", "logGroupIdentifier"})
_PAGED: Final = frozenset({"nextToken", "limit"})

EFFECTS: Final[Mapping[str, Effects]] = {
    "DescribeLogGroups": Effects(
        effective=_PAGED
        | {
            "accountIdentifiers",
            "includeLinkedAccounts",
            "logGroupClass",
            "logGroupIdentifiers",
            "logGroupNamePattern",
            "logGroupNamePrefix",
        }
    ),
    "DescribeLogStreams": Effects(
        effective=_GROUP | _PAGED | {"logStreamNamePrefix", "orderBy", "descending"}
    ),
    "GetLogEvents": Effects(
        effective=_GROUP | _PAGED | {"logStreamName", "startTime", "endTime", "startFromHead"},
        without_effect=_UNMASK,
    ),
    "FilterLogEvents": Effects(
        effective=_GROUP
        | _PAGED
        | {
            "logStreamNames",
            "logStreamNamePrefix",
            "startTime",
            "endTime",
            "filterPattern",
            "startFromHead",
        },
        without_effect=_UNMASK
        | {"interleaved": "AWS ignores it too: events are always in the order of their time."},
    ),
}
