"""What valid inputs of CloudWatch Logs hold."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final

from tests.fuzz.values import LEFT_OUT, Made
from tests.fuzz.world import ACCOUNT, GROUP, REGION, STREAMS

_PATTERNS: Final = ("", "ERROR", '"line 1"', "?ERROR ?line", "-nothing", "%l.ne%", '{ $.a = "b" }')
_EXCLUSIVE: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "DescribeLogGroups": (("logGroupNamePattern", "logGroupNamePrefix"),),
    "DescribeLogStreams": (("logGroupName", "logGroupIdentifier"),),
    "GetLogEvents": (("logGroupName", "logGroupIdentifier"),),
    "FilterLogEvents": (
        ("logGroupName", "logGroupIdentifier"),
        ("logStreamNames", "logStreamNamePrefix"),
    ),
}
"""Of each pair the second goes when both are there."""


class LogsRecipes:
    """Makes them of the one group that is there."""

    def __init__(self, *, random: Random) -> None:
        self._random = random

    async def made(self, _operation: str) -> dict[str, Made]:
        """By dotted path."""
        arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}"
        one_of = self._one_of
        return {
            "logGroupName": one_of(GROUP),
            "logGroupIdentifier": one_of(GROUP, arn),
            "logGroupIdentifiers": one_of([GROUP], [arn, GROUP]),
            "logGroupNamePrefix": one_of("/aws", "zzz"),
            "logGroupNamePattern": one_of("lambda", "zzz"),
            "logStreamName": one_of(*STREAMS),
            "logStreamNames": one_of([STREAMS[0]], list(STREAMS)),
            "logStreamNamePrefix": one_of("2024", "zzz"),
            "startTime": lambda: self._random.randint(0, 1_714_566_896_795),
            "endTime": lambda: self._random.randint(1_714_566_896_795, 9_000_000_000_000),
            "filterPattern": one_of(*_PATTERNS),
            "nextToken": one_of(LEFT_OUT),
            "startFromHead": one_of(True),
        }

    def tidied(self, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        """`members` without what excludes something else, and with the group."""
        for stays, goes in _EXCLUSIVE.get(operation, ()):
            if stays in members:
                members.pop(goes, None)
        if (
            operation in _EXCLUSIVE
            and operation != "DescribeLogGroups"
            and "logGroupIdentifier" not in members
        ):
            members["logGroupName"] = GROUP
        if operation == "DescribeLogStreams" and members.get("orderBy") == "LastEventTime":
            members.pop("logStreamNamePrefix", None)
        return members

    def _one_of(self, *values: Any) -> Made:
        return lambda: self._random.choice(values)
